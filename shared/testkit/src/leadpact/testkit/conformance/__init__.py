"""What every implementation of a port must do: classes of tests, run on the memory and on the real one."""
