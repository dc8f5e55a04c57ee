//! Every figure from synthetic data, read back with usvg: valid, legible, within the canvas.

// clippy.toml allows these in test functions; the helpers here are test code too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use resvg::tiny_skia::Pixmap;
use support::{check, circles, texts};
use varflat_plot::*;

fn phases(epochs: usize) -> LearningPhases {
    let column = |of: fn(f64) -> f64| (0..epochs).map(|epoch| of(epoch as f64)).collect();
    LearningPhases {
        epoch: column(|e| e),
        train_loss: column(|e| (-e / 20.0).exp() + 1e-5),
        train_error: column(|e| if e < 100.0 { 0.1 * (-e / 15.0).exp() } else { 0.0 }),
        test_loss: column(|e| (-e / 10.0).exp() + 0.1),
        test_error: column(|e| 0.1 * (-e / 5.0).exp() + 0.02),
        window_epochs: Some((0.9 * epochs as f64, epochs as f64)),
    }
}

fn power_law_spectrum(components: usize) -> Spectrum {
    let variance: Vec<f64> = (1..=components).map(|i| 1e-4 * (i as f64).powf(-3.5)).collect();
    Spectrum {
        gap: variance.first().unwrap() / variance.get(1).unwrap_or(&1.0),
        nulls: Vec::new(),
        total: None,
        floor: Some(3e-16),
        decay: Some(PowerLawLine {
            slope: -3.5,
            ln_prefactor: 1e-4_f64.ln(),
            from: 1.0,
            to: components as f64,
            text: format!("power law, i = 1–{components}:  γ = 3.50 [2.39, 2.43]"),
        }),
        variance,
    }
}

fn paths(steps: usize) -> Trajectories {
    let path = |speed: f64| (0..steps).map(|t| 1e-3 * (speed * t as f64).sin()).collect();
    let pair = |x_index, y_index| TrajectoryPair {
        x_index,
        y_index,
        x: path(0.0013 * x_index as f64),
        y: path(0.0017 * y_index as f64),
    };
    Trajectories { pairs: vec![pair(1, 2), pair(49, 50)], window_steps: None }
}

fn quadratic(index: usize, crossing: f64) -> Profile {
    let offset: Vec<f64> = (-100..=100).map(|n| 0.05 * f64::from(n) * crossing).collect();
    Profile {
        index,
        loss: offset
            .iter()
            .map(|o| 5e-5 * (1.0 + (std::f64::consts::E - 1.0) * (o / crossing).powi(2)))
            .collect(),
        offset,
        left: Some(-crossing),
        right: Some(crossing),
    }
}

fn profiles(crossings: &[f64]) -> LandscapeProfiles {
    LandscapeProfiles {
        reference_loss: 5e-5,
        factor: std::f64::consts::E,
        profiles: crossings
            .iter()
            .enumerate()
            .map(|(number, crossing)| quadratic(number + 1, *crossing))
            .collect(),
    }
}

fn flatness(components: usize) -> FlatnessByIndex {
    FlatnessByIndex {
        index: (1..=components).collect(),
        flatness: (1..=components).map(|i| Some(0.3 * (i as f64).sqrt())).collect(),
        status: (1..=components)
            .map(|i| match i % 10 {
                8 => PointStatus::Doubtful,
                9 => PointStatus::Censored,
                _ => PointStatus::Measured,
            })
            .collect(),
        radius: 30.0,
    }
}

fn relation(components: usize) -> VarianceFlatness {
    VarianceFlatness {
        points: (1..=components)
            .map(|index| {
                let flatness = 0.3 * (index as f64).powf(0.65);
                let variance = 1e-7 * flatness.powi(-4);
                Point { index, flatness, variance, used_in_fit: index > 1 && index % 7 != 0 }
            })
            .collect(),
        fit: Some(FitLine {
            psi: 4.0,
            interval: Some((3.96, 4.05)),
            bend: Some((3.31, 4.79)),
            ln_prefactor: 1e-7_f64.ln(),
            r: -0.9876,
            first: 2,
            last: components,
            n: components - components / 7 - 1,
            censored: 0,
        }),
        equilibrium: true,
        title: Some("a network <of> \"any\" size & kind".to_owned()),
    }
}

fn costs(sizes: usize) -> Growth {
    let series = |name: &str, exponent: f64| {
        let size: Vec<f64> = (0..sizes.min(12)).map(|n| 25.0 * 2f64.powi(n as i32)).collect();
        let line = GrowthLine { exponent, standard_error: 0.031, ln_prefactor: -9.0 };
        GrowthSeries {
            name: name.to_owned(),
            cost: size.iter().map(|size| (-9.0 + exponent * size.ln()).exp()).collect(),
            size,
            line: Some(line),
        }
    };
    let panel = |count: usize| GrowthPanel {
        size: "hidden width".to_owned(),
        cost: "time (s)".to_owned(),
        series: (0..count).map(|n| series(&format!("thing {n}"), n as f64)).collect(),
    };
    Growth { panels: vec![panel(1), panel(2), panel(5), panel(1)] }
}

fn all(size: usize) -> Vec<(&'static str, Figure)> {
    vec![
        ("learning_phases", learning_phases(&phases(size)).unwrap()),
        ("spectrum", spectrum(&power_law_spectrum(size)).unwrap()),
        ("trajectories", trajectories(&paths(5 * size)).unwrap()),
        ("landscape_profiles", landscape_profiles(&profiles(&[0.2, 0.5, 20.0])).unwrap()),
        ("flatness_by_index", flatness_by_index(&flatness(size)).unwrap()),
        ("variance_flatness", variance_flatness(&relation(size)).unwrap()),
        ("growth", growth(&costs(size)).unwrap()),
    ]
}

#[test]
fn figures_of_realistic_size_are_legible_and_small() {
    for (name, figure) in all(2500) {
        check(name, &figure);
        assert!(figure.svg().len() < 600_000, "{name}: {} bytes", figure.svg().len());
    }
}

#[test]
fn small_figures_are_legible() {
    for size in [1, 2, 3, 20] {
        for (name, figure) in all(size) {
            check(&format!("{name} of {size}"), &figure);
        }
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    for ((name, first), (_, second)) in all(50).into_iter().zip(all(50)) {
        assert_eq!(first.svg(), second.svg(), "{name}");
        assert!(first.png(2.0).unwrap() == second.png(2.0).unwrap(), "{name}");
        assert!(first.pdf().unwrap() == second.pdf().unwrap(), "{name}");
    }
}

#[test]
fn extreme_magnitudes_are_legible() {
    for (low, high) in [(1e-30, 1e30), (1e-300, 1e-299), (1e149, 1e150), (7.0, 7.0), (1e-9, 1.0)] {
        let values = || vec![high, low, low];
        let three = LearningPhases {
            epoch: values(),
            train_loss: values(),
            train_error: vec![0.0; 3],
            test_loss: values(),
            test_error: values(),
            window_epochs: Some((high, low)),
        };
        check("learning_phases", &learning_phases(&three).unwrap());
        let three = Spectrum {
            variance: values(),
            total: None,
            floor: Some(low),
            decay: Some(PowerLawLine {
                slope: -900.0,
                ln_prefactor: -900.0,
                from: 1.0,
                to: 3.0,
                text: format!(
                    "power law, i = 1–3:  γ = {}",
                    with_interval(900.0, Some((f64::NAN, f64::INFINITY)))
                ),
            }),
            gap: high / low,
            nulls: Vec::new(),
        };
        check("spectrum", &spectrum(&three).unwrap());
        let pair = TrajectoryPair { x_index: 1, y_index: 2500, x: vec![high, -high, low], y: values() };
        let short = TrajectoryPair { x: vec![low], y: vec![high], ..pair.clone() };
        let pairs = vec![pair.clone(), short, pair];
        check("trajectories", &trajectories(&Trajectories { pairs, window_steps: Some(high) }).unwrap());
        let wide = Profile {
            index: 7,
            offset: vec![-high, 0.0, high],
            loss: values(),
            left: None,
            right: Some(high),
        };
        let narrow = Profile { offset: vec![-low, 0.0, low], right: None, ..wide.clone() };
        let two = LandscapeProfiles { reference_loss: low, factor: 2.0, profiles: vec![wide, narrow] };
        check("landscape_profiles", &landscape_profiles(&two).unwrap());
        let three = FlatnessByIndex {
            index: vec![1, 2, usize::MAX],
            flatness: vec![Some(low), Some(high), None],
            status: vec![PointStatus::Measured, PointStatus::Doubtful, PointStatus::Measured],
            radius: high,
        };
        check("flatness_by_index", &flatness_by_index(&three).unwrap());
        let point = |index, flatness, variance| Point { index, flatness, variance, used_in_fit: true };
        let mut three = relation(3);
        three.points = vec![point(1, low, high), point(2, high, low), point(3, low, low)];
        three.title = Some("word ".repeat(60) + &"x".repeat(300));
        if let Some(fit) = &mut three.fit {
            fit.psi = -1e9;
            fit.bend = Some((f64::NAN, 1e300));
            fit.interval = Some((f64::NEG_INFINITY, 1e9));
        }
        let figure = variance_flatness(&three);
        check("variance_flatness", &figure.unwrap());
        let line = GrowthLine { exponent: 900.0, standard_error: f64::NAN, ln_prefactor: -900.0 };
        let series = GrowthSeries { name: "x".repeat(90), size: values(), cost: values(), line: Some(line) };
        let panel = GrowthPanel { size: "size".into(), cost: "cost".into(), series: vec![series] };
        check("growth", &growth(&Growth { panels: vec![panel] }).unwrap());
    }
}

#[test]
fn decades_are_equally_spaced() {
    let mut data = relation(3);
    let at = |index, flatness, variance| Point { index, flatness, variance, used_in_fit: true };
    data.points = vec![at(2, 0.1, 1e-3), at(3, 1.0, 1e-6), at(4, 10.0, 1e-9)];
    data.fit = None;
    let figure = variance_flatness(&data).unwrap();
    let svg = figure.svg();
    let (x, y) = (circles(svg, "fill", "cx"), circles(svg, "fill", "cy"));
    assert_eq!(x.len(), 3);
    assert!(((x[1] - x[0]) - (x[2] - x[1])).abs() <= 1.0 && x[0] < x[1], "{x:?}");
    assert!(((y[1] - y[0]) - (y[2] - y[1])).abs() <= 1.0 && y[0] < y[1], "{y:?}");
}

#[test]
fn the_fitted_line_passes_through_points_that_obey_it() {
    let figure = variance_flatness(&relation(200)).unwrap();
    // The line is the only polyline of its width and colour with two far ends inside the axes.
    let ends: Vec<f64> = figure
        .svg()
        .lines()
        .rfind(|line| line.contains("stroke=\"#1E1E1E\" stroke-width=\"16\""))
        .and_then(|line| line.split_once("points=\""))
        .map(|(_, rest)| rest.trim_end_matches("\"/>"))
        .map(|points| points.split([' ', ',']).map(|n| n.parse().unwrap()).collect())
        .unwrap();
    let [x0, y0, x1, y1] = ends[..] else { panic!("{ends:?}") };
    let used: Vec<_> = {
        let x = circles(figure.svg(), "fill=\"#", "cx");
        let y = circles(figure.svg(), "fill=\"#", "cy");
        x.into_iter().zip(y).collect()
    };
    assert!(used.len() > 150);
    for (x, y) in used {
        let on_line = y0 + (x - x0) / (x1 - x0) * (y1 - y0);
        let inside = x >= x0.min(x1) - 1.0 && x <= x0.max(x1) + 1.0;
        assert!(!inside || (y - on_line).abs() < 2.5, "({x}, {y}) is off by {}", y - on_line);
    }
}

#[test]
fn fitted_growth_passes_through_its_points() {
    let mut data = costs(4);
    data.panels.truncate(1);
    data.panels[0].series = vec![data.panels[0].series[0].clone()];
    let series = &mut data.panels[0].series[0];
    series.cost = series.size.iter().map(|size| 1e-4 * size * size).collect();
    series.line = Some(GrowthLine { exponent: 2.0, standard_error: 0.01, ln_prefactor: 1e-4_f64.ln() });
    let figure = growth(&data).unwrap();
    assert!(figure.svg().contains("thing 0: exponent 2.00 ± 0.01"));
    let (x, y) = (circles(figure.svg(), "#0072B2", "cx"), circles(figure.svg(), "#0072B2", "cy"));
    // The mark of the legend is one too.
    let (x, y) = (&x[x.len() - 4..], &y[y.len() - 4..]);
    for n in 1..3 {
        assert!(((x[n] - x[n - 1]) - (x[n + 1] - x[n])).abs() <= 1.0, "{x:?}");
        assert!(((y[n] - y[n - 1]) - (y[n + 1] - y[n])).abs() <= 1.0, "{y:?}");
    }
}

#[test]
fn errors_of_zero_are_drawn_at_their_own_mark() {
    let mut data = phases(20);
    data.train_error[10..].fill(0.0);
    let figure = learning_phases(&data).unwrap();
    // Two epoch axes, and the mark on the error axis.
    assert_eq!(texts(&figure).iter().filter(|text| *text == "0").count(), 3);
    let heights = circles(figure.svg(), "fill=\"#0072B2\"", "cy");
    assert_eq!(heights.len(), 10);
    assert!(heights.iter().all(|height| *height == heights[0]));

    data.train_error[10..].fill(1e-4);
    let figure = learning_phases(&data).unwrap();
    assert!(circles(figure.svg(), "fill=\"#0072B2\"", "cy").is_empty());
}

#[test]
fn censored_and_missing_flatness_is_counted() {
    let mut data = flatness(30);
    data.flatness[0] = None;
    data.flatness[8] = None;
    let figure = flatness_by_index(&data).unwrap();
    assert!(figure.svg().contains("|δθ| ≤ 30 (3)"));
    assert!(figure.svg().contains("without a value (1)"));
    assert!(figure.svg().contains("measured (23)"));
    assert!(figure.svg().contains("doubtful (3)"));
}

#[test]
fn wrong_data_is_named() {
    let message = |result: Result<Figure, PlotError>| result.unwrap_err().to_string();

    let mut data = phases(5);
    data.test_loss.pop();
    assert!(message(learning_phases(&data)).contains("`test_loss` has 4 values and `epoch` has 5"));
    data = phases(5);
    data.train_error[3] = f64::NAN;
    assert!(message(learning_phases(&data)).contains("`train_error[3]` is NaN"));
    assert!(message(learning_phases(&LearningPhases::default())).contains("`epoch` is empty"));

    let mut data = power_law_spectrum(5);
    data.variance[2] = 0.0;
    assert!(message(spectrum(&data)).contains("`variance[2]` is 0"));
    data = power_law_spectrum(5);
    data.gap = f64::INFINITY;
    assert!(message(spectrum(&data)).contains("`gap[0]` is inf"));

    let mut data = paths(5);
    data.pairs[1].y[4] = f64::INFINITY;
    assert!(message(trajectories(&data)).contains("`pairs[1].y[4]`"));
    assert!(message(trajectories(&Trajectories::default())).contains("`pairs` is empty"));

    let mut data = profiles(&[1.0, 2.0]);
    data.profiles[1].loss[7] = -1.0;
    assert!(message(landscape_profiles(&data)).contains("`profiles[1].loss[7]` is -1"));
    data.profiles[1].loss.clear();
    assert!(message(landscape_profiles(&data)).contains("`profiles[1].loss` has 0 values"));

    let mut data = flatness(5);
    data.index[0] = 0;
    assert!(message(flatness_by_index(&data)).contains("`index[0]` is 0"));
    data = flatness(5);
    data.flatness[4] = Some(-2.0);
    assert!(message(flatness_by_index(&data)).contains("`flatness[4]` is -2"));

    let mut data = costs(5);
    data.panels[2].series[1].cost[3] = 0.0;
    assert!(message(growth(&data)).contains("`panels[2].series[1].cost[3]` is 0"));
    data.panels[1].series[0].size.clear();
    assert!(message(growth(&data)).contains("`panels[1].series[0].size` is empty"));
    data.panels[0].series.clear();
    assert!(message(growth(&data)).contains("`panels[0].series` is empty"));
    assert!(message(growth(&Growth::default())).contains("`panels` is empty"));

    let mut data = relation(5);
    data.points[3].variance = 0.0;
    assert!(message(variance_flatness(&data)).contains("`points.variance[3]` is 0"));
}

#[test]
fn pngs_scale_and_refuse_senseless_scales() {
    let figure = variance_flatness(&relation(5)).unwrap();
    let (small, large) = (figure.png(1.0).unwrap(), figure.png(2.0).unwrap());
    let width = |png: &[u8]| Pixmap::decode_png(png).unwrap().width();
    assert_eq!(2 * width(&small), width(&large));
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e6] {
        assert!(matches!(figure.png(scale), Err(PlotError::Scale { .. })), "{scale}");
    }
}

#[test]
fn a_text_about_its_origin_changes_nothing_that_is_seen() {
    let bare = learning_phases(&phases(50)).unwrap();
    let text = r#"{"of":"</metadata><script>α & β</script>"}"#;
    let figure = bare.clone().with_metadata(text);
    check("with metadata", &figure);
    assert!(
        figure.svg().contains("<metadata>{\"of\":\"&lt;/metadata&gt;&lt;script&gt;α &amp; β"),
        "{}",
        figure.svg()
    );
    assert_eq!(texts(&figure), texts(&bare));
    // The decoder holds every chunk against its checksum.
    let (with, without) = (figure.png(1.0).unwrap(), bare.png(1.0).unwrap());
    assert_eq!(Pixmap::decode_png(&with).unwrap(), Pixmap::decode_png(&without).unwrap());
    assert!(with.windows(text.len()).any(|bytes| bytes == text.as_bytes()));
    assert_eq!(with.len(), without.len() + 12 + "Provenance".len() + 5 + text.len());
    assert_eq!(figure.pdf().unwrap(), bare.pdf().unwrap());
}

#[test]
fn saving_leaves_exactly_three_files() {
    let folder = tempfile::tempdir().unwrap();
    let figures = folder.path().join("new/figures");
    let figure = variance_flatness(&relation(5)).unwrap();
    figure.save(&figures, "relation").unwrap();
    figure.save(&figures, "relation").unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&figures)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["relation.pdf", "relation.png", "relation.svg"]);
    assert_eq!(std::fs::read_to_string(figures.join("relation.svg")).unwrap(), figure.svg());
    assert_eq!(std::fs::read(figures.join("relation.png")).unwrap(), figure.png(2.0).unwrap());

    for name in ["", "..", "a/b"] {
        assert!(matches!(figure.save(&figures, name), Err(PlotError::Name { .. })));
    }
    let in_the_way = folder.path().join("file");
    std::fs::write(&in_the_way, "").unwrap();
    let error = figure.save(&in_the_way, "relation").unwrap_err();
    assert!(error.to_string().contains(in_the_way.to_str().unwrap()), "{error}");
}
