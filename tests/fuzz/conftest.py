"""Random cases: the same ones every time in `make test`, new ones where asked for."""

from hypothesis import HealthCheck, settings

# The same cases every time, and few of them; `pytest tests/fuzz --hypothesis-profile=long` looks
# for new ones.
calm = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("short", max_examples=40, derandomize=True, **calm)
settings.register_profile("long", max_examples=2000, **calm)
settings.load_profile("short")
