"""Results of benchmarks, kept with date, machine and command, and the page generated from them."""
