"""Weekly drug-risk forecasts for places."""

import os

# Threads that wait must sleep: spinning ones, the default, made a fit four times slower on two cores that others use
# too. It is read when scikit-learn's OpenMP library is loaded, so it is set before anything else is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
