# The service: API, worker and command line in one image. The model runs on the processor.
FROM python:3.11-slim AS build

# Where to look for CPU-only PyTorch wheels first; without it pip takes what the package index has.
ARG TORCH_INDEX=""

RUN python -m venv /opt/memory
ENV PATH=/opt/memory/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# The dependencies first, in the locked versions: they change rarely, so their layer is reused.
COPY requirements/lock.txt requirements/lock.txt
COPY pyproject.toml README.md LICENSE ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        > dependencies.txt \
    && pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c requirements/lock.txt -r dependencies.txt
COPY memory_service memory_service
COPY stores stores
COPY retrieval retrieval
COPY consolidation consolidation
COPY llm_backend llm_backend
COPY dashboard dashboard
COPY migrations migrations
RUN pip install --no-deps .

FROM python:3.11-slim

# libgomp1: PyTorch's threads.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home memory \
    && install -d -o memory -g memory -m 0700 /data
COPY --from=build /opt/memory /opt/memory
ENV PATH=/opt/memory/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEMORY_DATA_DIR=/data
USER memory
WORKDIR /home/memory
# The embedded database and the admin key, where no MEMORY_DATABASE_URL is given.
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["memory-service"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
