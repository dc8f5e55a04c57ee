"""Redraw the headline figure, σ² against F, from a run folder of varflat; needs numpy and matplotlib.

    python redraw_headline.py runs/headline --out figure.png
    python redraw_headline.py runs/headline --out figure.pdf --refit 10 500

The line, its range, ψ and its interval are those that varflat wrote into the run's fit.json; --refit shows in a few
lines of numpy how to fit another range.
"""

import argparse
import sys

import matplotlib
import numpy as np

import varflat_read

matplotlib.use("Agg")  # draws into files, needs no screen
import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

GREY = "0.55"
VERMILLION = "#d55e00"
MAGENTA = "#c2185b"
#: viridis without its brightest end, which is hard to see on white.
COMPONENTS = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.93, 256)))

STYLE = {
    "font.size": 9,
    "axes.labelsize": 10,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # text stays text in the PDF
}


def refit(run, first, last):
    """Fit ln σ² = ln A − ψ ln F over components other than those of fit.json: ψ, ln A, flatness of the points."""
    rows = run.flatness
    trusted = (rows["status"] == "found") & (rows["variance"] > run.floor)
    rows = rows[trusted & (rows["index"] >= first) & (rows["index"] <= last)]
    if len(rows) < 3:
        raise ValueError(f"fewer than 3 trusted components in {first}–{last}: no line to fit")
    slope, ln_prefactor = np.polyfit(np.log(rows["flatness"]), np.log(rows["variance"]), 1)
    return -slope, ln_prefactor, rows["flatness"]


def law(psi, ln_prefactor, flatness):
    """The line σ² = A F^−ψ, from the smallest to the largest flatness it was fitted to."""
    ends = np.array([flatness.min(), flatness.max()])
    return ends, np.exp(ln_prefactor - psi * np.log(ends))


def draw(run, refit_range=None):
    """The figure of a run. The line is that of fit.json, over the components it was fitted to."""
    fit, in_fit = run.fit, run.in_fit
    # What is not known (nan) or has never moved (0) has no place on logarithmic axes.
    rows = run.flatness
    drawable = (rows["flatness"] > 0) & (rows["variance"] > 0)
    first_component = drawable & (rows["index"] == 1) & ~in_fit
    fitted, left_out = rows[in_fit], rows[drawable & ~in_fit & ~first_component]

    figure, axes = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel(r"flatness $F_i$ (units of weight)")
    axes.set_ylabel(r"variance $\sigma_i^2$ (units of weight$^2$)")
    axes.grid(which="major", color="0.85", linewidth=0.7)
    axes.set_axisbelow(True)
    # Flatness spans few decades, of which powers of ten alone would show too little.
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())

    points = axes.scatter(
        fitted["flatness"],
        fitted["variance"],
        c=fitted["index"],
        norm=LogNorm(1, rows["index"].max()),
        cmap=COMPONENTS,
        s=9,
        linewidths=0,
        rasterized=True,  # thousands of points would make a PDF slow to open
    )
    figure.colorbar(points, ax=axes, label=r"component $i$", pad=0.02, aspect=30).outline.set_visible(False)

    line = axes.plot(*law(fit["psi"], fit["ln_prefactor"], fitted["flatness"]), color="black", linewidth=1.6)
    legend = [(line[0], fit_text(fit))]
    if refit_range:
        first, last = refit_range
        refitted = refit(run, first, last)
        line = axes.plot(*law(*refitted), color=MAGENTA, linewidth=1.6, dashes=(4, 2))
        legend.append((line[0], rf"refitted: $\psi$ = {refitted[0]:.3f}, components {first}–{last}"))
    if first_component.any():
        axes.plot(rows["flatness"][first_component], rows["variance"][first_component], "D", color=VERMILLION, ms=5)
        legend.append((mark("D", VERMILLION, VERMILLION), "first component, not in the fit"))
    if len(left_out):
        axes.plot(left_out["flatness"], left_out["variance"], "o", mfc="none", mec=GREY, mew=0.7, ms=3.5)
        legend.append((mark("o", "none", GREY), f"others not in the fit ({len(left_out)})"))
    # Above the axes, where it hides no point whatever the run.
    handles, labels = zip(*legend)
    axes.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, frameon=False)
    return figure


def fit_text(fit):
    """ψ with its interval, over what, as fit.json states it."""
    text = rf"$\psi$ = {varflat_read.with_interval(fit['psi'], varflat_read.psi_interval(fit))}"
    if fit.get("bent"):
        text += ", bent: {:.1f} to {:.1f} by range,".format(*fit["local_psi"])
    first, last = fit["range"]
    return text + f"\ncomponents {first}–{last}, n = {fit['n']}, r = {fit['r']:.3f}".replace("-", "−")


def mark(marker, face, edge):
    """A point for the legend."""
    return Line2D([], [], marker=marker, linestyle="none", markerfacecolor=face, markeredgecolor=edge, markersize=4.5)


def main():
    parser = argparse.ArgumentParser(
        description="Redraw the variance–flatness figure of a run. ψ and its interval are those of the run's fit.json."
    )
    parser.add_argument("run", help="a finished run folder, such as runs/headline, made by `varflat run`")
    parser.add_argument(
        "--out",
        default="variance_flatness.png",
        metavar="FILE",
        help="the picture; its ending decides the format, .png, .pdf or .svg [default: %(default)s]",
    )
    parser.add_argument(
        "--refit",
        nargs=2,
        type=int,
        metavar=("FIRST", "LAST"),
        help="also fit ψ with numpy over these components, counted from 1, and draw that line beside the run's own",
    )
    options = parser.parse_args()
    try:
        with plt.rc_context(STYLE):
            draw(varflat_read.open_run(options.run), options.refit).savefig(options.out)
    except (varflat_read.RunError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
