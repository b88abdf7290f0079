"""Table, summary and chart of benchmark rows."""

import platform


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def quantity(value, unit="s"):
    """1.23 us, 45.6 MiB and the like."""
    if unit == "bytes":
        return f"{value / 2**20:.1f} MiB"
    for factor, name in [(1, "s"), (1e-3, "ms"), (1e-6, "us")]:
        if value >= factor:
            return f"{value / factor:.3g} {name}"
    return f"{value / 1e-9:.3g} ns"


def header(args):
    print(f"{processor()}, {args.threads} threads, best of {args.rounds} rounds")
    print(f"{'case':42} {args.theirs:>12} {args.ours:>12} {'ratio':>7} {'target':>7}")


def line(row):
    if "error" in row:
        print(f"{row['case']:42} {row['error']}", flush=True)
        return
    unit = row.get("unit", "s")
    verdict = "pass" if row["reached"] else "MISS"
    print(
        f"{row['case']:42} {quantity(row['theirs'], unit):>12} {quantity(row['ours'], unit):>12} {row['ratio']:7.2f} "
        f"{row['target']:7.2f}  {verdict}",
        flush=True,
    )


def counts(name, theirs, ours):
    print(f"{name:42} {theirs:12,d} {ours:12,d} {ours / max(theirs, 1):7.2f}", flush=True)


def summary(rows):
    reached = sum(1 for row in rows if row.get("reached"))
    failed = sum(1 for row in rows if "error" in row)
    print(f"{reached} of {len(rows)} targets reached" + (f", {failed} cases failed" if failed else ""))


def plot(rows, path):
    """Bars of the ratios with a mark at each target."""
    try:
        import matplotlib
    except ImportError:
        print(f"{path} not drawn: matplotlib is missing (pip install matplotlib)")
        return
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [row for row in rows if "ratio" in row][::-1]
    figure, axes = plt.subplots(figsize=(9, 1 + 0.32 * len(rows)), constrained_layout=True)
    places = range(len(rows))
    axes.barh(
        places, [row["ratio"] for row in rows], color=["#4a90b0" if row["reached"] else "#c06050" for row in rows]
    )
    axes.scatter([row["target"] for row in rows], places, marker="|", s=180, color="black", zorder=3, label="target")
    axes.axvline(1, color="gray", linewidth=0.8)
    axes.set_yticks(places, [row["case"] for row in rows])
    axes.set_xlabel("our time through PyTorch's (less is better)")
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(f"{path} drawn")
