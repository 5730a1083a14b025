"""Has IPython load Perijove into the kernels of this environment; it records only inside of projects."""

c = get_config()  # noqa: F821 - IPython gives it

c.InteractiveShellApp.extensions.append("perijove_kernel.auto")
