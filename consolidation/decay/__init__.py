"""How memories fade: pure formulas, a file for each profile; a new profile is a new file."""

from consolidation.decay import act_r, ebbinghaus, finmem
from consolidation.decay.protocol import Profile

#: By name; a space that names `none` has none of them.
PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (ebbinghaus.PROFILE, finmem.PROFILE, act_r.PROFILE)
}
