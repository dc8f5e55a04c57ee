//! The figures that compare runs and look for causes, from synthetic data: valid, legible, complete.

// clippy.toml allows these in test functions; the helpers here are test code too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{check, circles, texts};
use varflat_plot::*;

/// Scatter from −1 to 1 that is the same on every machine.
fn scatter(n: usize) -> f64 {
    2.0 * (n as f64 * 0.618_033_988_749_895 + 0.3 * (n as f64).sqrt()).fract() - 1.0
}

/// From 0.3 to about 40.
fn flatness(i: usize) -> f64 {
    0.3 * (i as f64).powf(0.62) * (0.1 * scatter(i)).exp()
}

fn cloud(run: usize, components: usize) -> Cloud {
    let psi = 3.6 + 0.05 * run as f64;
    let prefactor = 1e-7 * 1.45f64.powi(run as i32);
    let point = |i: usize| CloudPoint {
        flatness: flatness(i + 7 * run),
        variance: prefactor * flatness(i + 7 * run).powf(-psi) * (0.8 * scatter(31 * i + run)).exp(),
        judged: i > 1 && 10 * i < 9 * components,
    };
    Cloud {
        label: format!("B = {}, α = 0.{}", 10 * (run + 1), run % 4 + 1),
        points: (1..=components).map(point).collect(),
        line: (components > 1).then(|| PowerLawLine {
            slope: -psi,
            ln_prefactor: prefactor.ln(),
            from: flatness(2 + 7 * run),
            to: flatness(components + 7 * run),
            text: format!("ψ = {psi:.2} ± 0.0{}", run % 9 + 1),
        }),
    }
}

fn clouds(runs: usize, components: usize) -> VarianceFlatnessClouds {
    VarianceFlatnessClouds {
        series: (0..runs).map(|run| cloud(run, components)).collect(),
        guide: Some(SlopeGuide { slope: 2.0, text: "+2, equilibrium".to_owned() }),
        title: Some("MNIST, 2 × 50, all batch sizes & learning rates".to_owned()),
    }
}

fn estimates(groups: usize, rows: usize) -> Forest {
    let row = |group: usize, number: usize| {
        let n = 13 * group + number;
        let value = 4.1 + 0.6 * scatter(n);
        let trusted = n % 6 != 4;
        ForestRow {
            label: format!("B = {}, α = 0.{}, seed {number}", 10 * (number + 1), group + 1),
            value,
            interval: (n % 7 != 5).then(|| (value - 0.1 - 0.3 * scatter(n).abs(), value + 0.2)),
            trusted,
            note: (!trusted).then(|| "not settled: loss 3e-4 after 600 epochs".to_owned()),
        }
    };
    Forest {
        groups: (0..groups)
            .map(|group| ForestGroup {
                title: format!("network {} of hidden width {}", group + 1, 50 * (group + 1)),
                rows: (0..rows).map(|number| row(group, number)).collect(),
            })
            .collect(),
        quantity: "ψ".to_owned(),
        reference: Some(ForestReference { value: 4.0, text: "ψ = 4 (the paper)".to_owned() }),
        title: Some("exponents of the inverse variance–flatness relation".to_owned()),
    }
}

fn temperatures(components: usize) -> TemperatureFigure {
    let all = || (1..=components).map(flatness);
    let profile = |index: usize| {
        let offset: Vec<f64> = (-20..=20).map(|n| f64::from(n) / 20.0 * flatness(index)).collect();
        let at = |offset: &f64| 1e-9 / flatness(index) * (3.0 * (offset / flatness(index)).powi(2)).exp();
        TemperatureProfile {
            index,
            flatness: flatness(index),
            temperature: offset.iter().map(at).collect(),
            offset,
        }
    };
    let times = |place: usize, label: &str| CorrelationTimeSeries {
        label: label.to_owned(),
        flatness: all().collect(),
        time: (1..=components)
            .map(|i| {
                let time = 3.0 * 4f64.powi(place as i32) * flatness(i).powf(0.5) * (0.2 * scatter(i)).exp();
                (!(i + place).is_multiple_of(9)).then_some(time)
            })
            .collect(),
    };
    TemperatureFigure {
        flatness: all().collect(),
        temperature: (1..=components).map(|i| 1e-9 / flatness(i) * (0.5 * scatter(3 * i)).exp()).collect(),
        line: Some(PowerLawLine {
            slope: -1.0,
            ln_prefactor: 1e-9_f64.ln(),
            from: flatness(1),
            to: flatness(components),
            text: "T ∝ F^(−1.00 ± 0.02)".to_owned(),
        }),
        profiles: [2, 10, 50, 200].map(profile).to_vec(),
        times: vec![
            times(0, "noise at fixed weights in batch order"),
            times(1, "noise along the path"),
            times(2, "1/e time of θᵢ"),
            times(3, "integral time of θᵢ"),
        ],
        title: Some("MNIST, B = 50, α = 0.1".to_owned()),
    }
}

fn direction(index: usize, mini_batches: usize) -> MiniBatchDirection {
    let width = flatness(index);
    let offset: Vec<f64> = (-40..=40).map(|n| f64::from(n) / 40.0 * width).collect();
    let loss = |offset: f64, base: f64, shift: f64, n: f64| {
        base * (1.0 + 4.0 * n * (offset / width - shift).powi(2))
    };
    MiniBatchDirection {
        title: format!("i = {index}: {}, F = {width:.2}", if index < 20 { "sharp" } else { "flat" }),
        loss: offset.iter().map(|o| loss(*o, 5e-5, 0.0, 1.72)).collect(),
        mini_batches: (0..mini_batches)
            .map(|n| {
                let base = 5e-5 * (2.5 * scatter(n)).exp();
                offset.iter().map(|o| loss(*o, base, 0.4 * scatter(7 * n), 2.0 + scatter(5 * n))).collect()
            })
            .collect(),
        offset,
        left: Some(-0.5 * width),
        right: Some(0.5 * width),
    }
}

fn mini_batches(directions: &[usize], count: usize) -> MiniBatchFigure {
    MiniBatchFigure {
        reference_loss: 5e-5,
        factor: std::f64::consts::E,
        directions: directions.iter().map(|index| direction(*index, count)).collect(),
        title: Some("MNIST, B = 50, α = 0.1".to_owned()),
    }
}

fn drifting(components: usize) -> DriftFigure {
    let displacement = |index: usize| {
        let lag: Vec<f64> = (0..20).map(|n| 10f64.powf(f64::from(n) / 6.0).round()).collect();
        let square = |h: &f64| 1e-10 / index as f64 * h / (1.0 + h * index as f64 / 500.0);
        DisplacementCurve { index, mean_square: lag.iter().map(square).collect(), lag }
    };
    let curve = |label: &str, power: f64| {
        let epoch: Vec<f64> = (1..=240).map(f64::from).collect();
        let value = epoch.iter().map(|epoch| (epoch / 240.0).powf(power)).collect();
        TrainingCurve { label: label.to_owned(), epoch, value }
    };
    DriftFigure {
        displacements: [1, 2, 5, 20, 100].map(displacement).to_vec(),
        index: (1..=components).collect(),
        exponent: (1..=components).map(|i| 0.4 + 1.5 / (i as f64).sqrt() + 0.1 * scatter(i)).collect(),
        growth: vec![curve("‖w‖", 0.1), curve("mean margin", 0.3), curve("projection on p₁", 0.8)],
        window_epochs: Some((230.0, 240.0)),
        title: Some("MNIST, B = 50, α = 0.1".to_owned()),
    }
}

fn compared(points: usize, panels: usize, shared: bool) -> Comparison {
    let series = |place: usize, scales: Scales| {
        let y = |n: usize| 10f64.powf(scatter(7 * n + place)) * (place + 1) as f64;
        let x = |n: usize| match scales {
            Scales::Decades => 1e-6 * 1.02f64.powi(n as i32),
            _ => 100.0 * n as f64,
        };
        let look = [
            ComparisonLook::Points,
            ComparisonLook::Line,
            ComparisonLook::Marks,
            ComparisonLook::Dashes,
            ComparisonLook::Line,
        ][place];
        let intervals = (0..points).filter(|_| place == 2).map(|n| (0.8 * y(n), 1.3 * y(n))).collect();
        let points = (0..points).map(|n| (x(n), y(n))).collect();
        ComparisonSeries { label: format!("noise without its part {place}"), points, intervals, look }
    };
    let panel = |number: usize| {
        let scales = [Scales::Decades, Scales::Linear][number % 2];
        ComparisonPanel {
            titles: ("curvature κ".to_owned(), "σ² with / σ² without replacement".to_owned()),
            scales,
            series: (0..5).map(|place| series(place, scales)).collect(),
            level: (number == 0).then(|| Level { label: "no difference".to_owned(), value: 1.0 }),
        }
    };
    Comparison { panels: (0..panels).map(panel).collect(), shared, title: Some("12 000 steps".to_owned()) }
}

#[test]
fn a_comparison_draws_every_mark_and_checks_its_data() {
    let data = compared(6, 1, false);
    let figure = comparison(&data).unwrap();
    // The points of one series, the marks of another, and a mark for each in the legend.
    assert_eq!(marks(&figure), 6 + 6 + 2);
    assert!(texts(&figure).contains(&"no difference".to_owned()));
    let broken = |change: &dyn Fn(&mut ComparisonPanel)| {
        let mut data = data.clone();
        change(&mut data.panels[0]);
        comparison(&data).is_err()
    };
    assert!(broken(&|panel| panel.series.clear()));
    assert!(broken(&|panel| panel.series[0].points[1].1 = -1.0));
    assert!(broken(&|panel| panel.series[0].points[1].0 = f64::NAN));
    assert!(broken(&|panel| panel.series[0].intervals.push((1.0, 2.0))));
    assert!(broken(&|panel| panel.level = Some(Level::default())));
    assert!(comparison(&Comparison::default()).is_err());
}

fn nulled(directions: usize) -> NullFigure {
    let series = |label: &str, look: NullLook, of: &dyn Fn(usize) -> (f64, f64)| NullSeries {
        label: label.to_owned(),
        points: (1..=directions).map(of).collect(),
        look,
    };
    let variance = |i: usize| 1e-4 * (i as f64).powf(-2.4) * (0.3 * scatter(i)).exp();
    NullFigure {
        relation: vec![
            series("run, its components", NullLook::Points, &|i| (flatness(i), variance(i))),
            series("replay, its components", NullLook::Line, &|i| {
                (flatness(i), 1e-4 * (i as f64).powf(-2.4))
            }),
            series("noise alone", NullLook::Dashes, &|i| (flatness(i), 2e-4 * (i as f64).powf(-2.4))),
        ],
        ratio: vec![series("components", NullLook::Points, &|i| (i as f64, (0.3 * scatter(i)).exp()))],
        amplitude: vec![series("run, eigenvectors of H", NullLook::Points, &|i| {
            (1e-4 / i as f64, variance(i))
        })],
        equilibrium: vec![
            series("run, eigenvectors of H", NullLook::Points, &|i| (0.01 / i as f64, 0.3 / i as f64)),
            series("exact formula", NullLook::Line, &|i| (0.01 / i as f64, 0.31 / i as f64)),
        ],
        title: Some("lateness αλ₁M = 1.34; 20 replays".to_owned()),
    }
}

/// One panel with a linear axis, on which a value may be negative, and one without.
fn ranked(directions: usize) -> NullPanels {
    let series = nulled(directions).ratio;
    let negative = series.iter().map(|series| NullSeries {
        points: series.points.iter().map(|point| (point.0, point.1 - 1.0)).collect(),
        ..series.clone()
    });
    NullPanels {
        panels: vec![
            NullPanel {
                x_title: "rank i".to_owned(),
                y_title: "1/e time of θᵢ (steps)".to_owned(),
                series: series.clone(),
                guide: Some(NullGuide::Diagonal("one to one".to_owned())),
                linear: false,
            },
            NullPanel {
                x_title: "rank i".to_owned(),
                y_title: "local ψ".to_owned(),
                series: negative.collect(),
                guide: Some(NullGuide::Level(0.0, "no relation".to_owned())),
                linear: true,
            },
        ],
        columns: 3,
        title: None,
    }
}

fn spectrums(ranks: usize, kinds: usize) -> SpectraFigure {
    let series = |label: String, scale: f64, band: f64| BandSeries {
        label,
        points: (1..=ranks)
            .map(|i| {
                let variance = scale * 1e-4 * (i as f64).powf(-2.3) * (0.1 * scatter(i)).exp();
                (i as f64, variance, variance / band, variance * band)
            })
            .collect(),
    };
    let names = ["phases", "phases, Hessian", "within epochs", "blocks", "shuffled", "walk", "white noise"];
    let null = |(place, name): (usize, &&str)| series((*name).to_owned(), 3f64.powi(place as i32 - 3), 1.2);
    SpectraFigure {
        data: series("window".to_owned(), 1.0, 1.0),
        nulls: names.iter().take(kinds).enumerate().map(null).collect(),
        title: Some("12000 rows of 2500 weights, a line in time taken away".to_owned()),
    }
}

fn twinned(components: usize) -> TwinFigure {
    let points =
        |of: &dyn Fn(usize) -> f64| (1..=components).map(|i| (i as f64, of(i))).collect::<Vec<(f64, f64)>>();
    let exact = |i: usize| 1e-4 * (i as f64).powf(-2.4);
    let twin = |label: &str, rounding: f64| RoundedTwin {
        label: label.to_owned(),
        variance: points(&|i| exact(i) + rounding),
        rounding: points(&|_| rounding),
        ratio: points(&|i| 1.0 + rounding / exact(i)),
        share: points(&|i| 200.0 * rounding / exact(i) * (0.3 * scatter(i)).exp()),
        expected: points(&|i| 200.0 * rounding / exact(i)),
    };
    TwinFigure {
        label: "f64".to_owned(),
        exact: points(&exact),
        twins: vec![twin("f32, c = 0", 2e-17), twin("f32, c = 1.5", 1e-15), twin("f32, c = 12", 8e-14)],
        title: Some("12,000 steps from one state with the same mini-batches".to_owned()),
    }
}

fn by_size(sizes: usize) -> QuantitiesBySize {
    let series = |label: &str, scale: f64| SizeSeries {
        label: label.to_owned(),
        points: (1..=sizes)
            .map(|n| {
                let value = scale * (1.0 + 0.2 * scatter(n));
                let interval = (n % 3 > 0).then_some((0.9 * value, 1.2 * value));
                SizePoint { size: (20 * n * n) as f64, value, interval, trusted: n % 5 != 4 }
            })
            .collect(),
    };
    let panel = |quantity: &str, logarithmic: bool| SizePanel {
        quantity: quantity.to_owned(),
        logarithmic,
        series: vec![
            series("without the first", 30.0),
            series("all", 3.0),
            series("strides 1, 3, 10, 30", 31.0),
        ],
        reference: (!logarithmic).then(|| ForestReference { value: 4.0, text: "ψ ≈ 4".to_owned() }),
    };
    QuantitiesBySize {
        size: "recorded weights N = H²".to_owned(),
        panels: vec![panel("components with 90 % of σ²", true), panel("ψ", false), panel("test error", true)],
        title: Some("components without the first ∝ N^s: s = 0.05 (95 % interval 0.01 to 0.09)".to_owned()),
    }
}

/// Everything at about this number of components, runs, rows and mini-batches.
fn all(size: usize) -> Vec<(&'static str, Figure)> {
    vec![
        ("clouds", variance_flatness_clouds(&clouds(size.min(24), size)).unwrap()),
        ("forest", forest(&estimates(size.min(4), size.min(10))).unwrap()),
        ("temperature", temperature(&temperatures(size)).unwrap()),
        ("mini_batches", mini_batch_losses(&mini_batches(&[2, 300], size.min(100))).unwrap()),
        ("drift", drift(&drifting(size)).unwrap()),
        ("nulls", nulls(&nulled(size)).unwrap()),
        ("comparison", comparison(&compared(size, 3, false)).unwrap()),
        ("comparison_shared", comparison(&compared(size.min(20), 4, true)).unwrap()),
        ("null_panels", null_panels(&ranked(size)).unwrap()),
        ("spectra", spectra(&spectrums(size, 7)).unwrap()),
        ("twins", twins(&twinned(size)).unwrap()),
        ("by_size", quantities_by_size(&by_size(size.min(20))).unwrap()),
    ]
}

#[test]
fn figures_of_realistic_size_are_legible() {
    for (name, figure) in all(500) {
        check(name, &figure);
        assert!(figure.svg().len() < 1_500_000, "{name}: {} bytes", figure.svg().len());
    }
}

#[test]
fn figures_of_every_smaller_size_are_legible() {
    for size in [1, 2, 4, 5, 8] {
        for (name, figure) in all(size) {
            check(&format!("{name}_{size}"), &figure);
        }
    }
    for directions in [&[2][..], &[2, 20, 300], &[2, 20, 100, 300]] {
        let figure = mini_batch_losses(&mini_batches(directions, 30)).unwrap();
        check(&format!("mini_batches_{}_panels", directions.len()), &figure);
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    for ((name, first), (_, second)) in all(30).into_iter().zip(all(30)) {
        assert_eq!(first.svg(), second.svg(), "{name}");
    }
}

/// Filled marks of a figure, those of its legends included.
fn marks(figure: &Figure) -> usize {
    figure.svg().lines().filter(|line| line.starts_with("<circle") || line.starts_with("<polygon")).count()
}

/// Lines of a figure of this colour, those of its legends included.
fn lines(figure: &Figure, colour: &str) -> usize {
    figure.svg().lines().filter(|line| line.starts_with("<polyline") && line.contains(colour)).count()
}

#[test]
fn every_point_of_every_cloud_is_drawn() {
    let point = |n: usize| CloudPoint {
        flatness: 1.5f64.powi(n as i32),
        variance: 1e-6 * 0.3f64.powi(n as i32),
        judged: n > 1,
    };
    for runs in [1, 4, 5, 24] {
        let mut data = clouds(runs, 1);
        for (run, cloud) in data.series.iter_mut().enumerate() {
            cloud.points = (0..9).map(point).collect();
            for point in &mut cloud.points {
                point.variance *= 2f64.powi(run as i32);
            }
        }
        let figure = variance_flatness_clouds(&data).unwrap();
        // A mark for each run and one for the points that were not judged.
        assert_eq!(marks(&figure), 9 * runs + runs + 1, "{runs} runs");
        let texts = texts(&figure);
        assert!(texts.contains(&format!("pale: not judged ({})", 2 * runs)), "{texts:?}");
        assert!(texts.contains(&"+2, equilibrium".to_owned()), "{texts:?}");
    }
}

#[test]
fn the_line_of_a_cloud_passes_through_points_that_obey_it() {
    let mut data = clouds(1, 1);
    let flatness = [0.5, 1.0, 2.0, 4.0];
    let judged = true;
    data.guide = None;
    data.series[0].points =
        flatness.map(|flatness| CloudPoint { flatness, variance: 1e-6 * flatness.powi(-4), judged }).to_vec();
    let (from, to) = (0.5, 4.0);
    let text = "ψ = 4.00 ± 0.01".to_owned();
    data.series[0].line = Some(PowerLawLine { slope: -4.0, ln_prefactor: 1e-6_f64.ln(), from, to, text });
    let figure = variance_flatness_clouds(&data).unwrap();
    assert!(texts(&figure).contains(&"B = 10, α = 0.1: ψ = 4.00 ± 0.01".to_owned()));
    let points = |attribute: &str| circles(figure.svg(), "#4D9CC9", attribute);
    let (x, y) = (points("cx"), points("cy"));
    let drawn = figure.svg().lines().rfind(|line| line.starts_with("<polyline")).unwrap();
    let ends = drawn.split_once("points=\"").unwrap().1.trim_end_matches("\"/>");
    let ends: Vec<f64> = ends.split([' ', ',']).map(|number| number.parse().unwrap()).collect();
    for (end, expected) in ends.iter().zip([x[0], y[0], x[3], y[3]]) {
        assert!((end - expected).abs() <= 1.0, "{ends:?} {x:?} {y:?}");
    }
}

#[test]
fn every_estimate_has_its_point_name_numbers_and_note() {
    let data = estimates(3, 7);
    let figure = forest(&data).unwrap();
    let rows = || data.groups.iter().flat_map(|group| &group.rows);
    let trusted = rows().filter(|row| row.trusted).count();
    assert_eq!(circles(figure.svg(), "fill=\"#0072B2\"", "cx").len(), trusted + 1);
    // A hollow point is a white circle and its outline; the legend's has the outline alone.
    assert_eq!(marks(&figure), trusted + 1 + 2 * (rows().count() - trusted) + 1);
    let texts = texts(&figure);
    for row in rows() {
        assert!(texts.contains(&row.label), "{}", row.label);
        // The intervals are some tenths wide.
        let value = format!("{:.1}", row.value);
        assert!(texts.iter().any(|text| text.starts_with(&value)), "{value}");
        assert!(row.note.as_ref().is_none_or(|note| texts.contains(note)));
    }
    for text in ["ψ", "ψ = 4 (the paper)", "network 3 of hidden width 150"] {
        assert!(texts.iter().any(|found| found == text), "{text}");
    }
}

#[test]
fn a_forest_is_as_high_as_it_has_rows() {
    let height = |rows: usize| {
        let figure = forest(&estimates(1, rows)).unwrap();
        let (_, rest) = figure.svg().split_once("height=\"").unwrap();
        rest.split_once('"').unwrap().0.parse::<f64>().unwrap()
    };
    assert_eq!(height(40) - height(20), 20.0 * 18.0);
}

#[test]
fn long_names_and_notes_are_broken_into_lines() {
    let mut data = estimates(2, 3);
    data.groups[0].rows[1].label = "a name that is much longer than any name should be ".repeat(3);
    data.groups[1].rows[0].note = Some("x".repeat(200));
    data.groups[1].title = "group ".repeat(30);
    check("forest_long", &forest(&data).unwrap());

    let mut data = clouds(7, 5);
    data.series[2].label = "a name that is much longer than any name should be ".repeat(3);
    if let Some(line) = &mut data.series[4].line {
        line.text = "x".repeat(200);
    }
    check("clouds_long", &variance_flatness_clouds(&data).unwrap());
}

#[test]
fn missing_correlation_times_leave_no_point() {
    let mut data = temperatures(5);
    data.flatness = vec![0.1, 1.0, 10.0];
    data.temperature = vec![1e-9, 1e-10, 1e-11];
    for series in &mut data.times {
        series.flatness = data.flatness.clone();
        series.time = vec![Some(3.0), None, Some(30.0)];
    }
    let profiles: usize = data.profiles.iter().map(|profile| profile.offset.len()).sum();
    let (times, legend) = (2 * data.times.len(), data.times.len());
    let figure = temperature(&data).unwrap();
    assert_eq!(marks(&figure), 3 + profiles + times + legend);
    let texts = texts(&figure);
    for text in ["i = 2, F = 0.476", "noise along the path", "T ∝ F^(−1.00 ± 0.02)"] {
        assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
    }
}

#[test]
fn every_mini_batch_is_drawn() {
    let mut data = mini_batches(&[2, 300], 30);
    let figure = mini_batch_losses(&data).unwrap();
    assert_eq!(lines(&figure, "#80B9D9"), 2 * 30 + 1);
    assert_eq!(circles(figure.svg(), "#D55E00", "cx").len(), 4 + 1);
    assert!(texts(&figure).contains(&"i = 2: sharp, F = 0.48".to_owned()));
    assert!(texts(&figure).contains(&"mini-batches, one line each (30)".to_owned()));

    for direction in &mut data.directions {
        (direction.left, direction.right) = (None, None);
    }
    data.directions[0].mini_batches.truncate(22);
    data.directions[0].mini_batches[0].fill(0.0);
    let figure = mini_batch_losses(&data).unwrap();
    check("mini_batches_with_zeros", &figure);
    assert!(circles(figure.svg(), "#D55E00", "cx").is_empty());
    assert_eq!(circles(figure.svg(), "#80B9D9", "cx").len(), data.directions[0].offset.len());
    assert!(texts(&figure).contains(&"mini-batches, one line each (22–30)".to_owned()));
}

#[test]
fn drift_shows_every_exponent_and_both_slopes() {
    let data = drifting(8);
    let figure = drift(&data).unwrap();
    assert_eq!(circles(figure.svg(), "#0072B2", "cx").len(), 8);
    let texts = texts(&figure);
    // In the panel of the displacements and in that of the exponents.
    for text in ["diffusion: slope 1", "drift: slope 2"] {
        assert_eq!(texts.iter().filter(|found| *found == text).count(), 2, "{text}");
    }
    for text in ["i = 100", "‖w‖", "projection on p₁", "analysed window"] {
        assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
    }
}

#[test]
fn nulls_are_lines_among_points_and_beside_what_would_be_no_difference() {
    let figure = nulls(&nulled(8)).unwrap();
    let texts = texts(&figure);
    for text in
        ["no difference", "no free constant", "equilibrium", "exact formula", "replay, its components"]
    {
        assert_eq!(texts.iter().filter(|found| *found == text).count(), 1, "{text}: {texts:?}");
    }
    let mut data = nulled(5);
    data.ratio[0].points[2].1 = 0.0;
    assert!(
        message(nulls(&data)).contains("`panels[1].series[0].points.y[2]` is 0"),
        "{}",
        message(nulls(&data))
    );
    assert!(message(nulls(&NullFigure::default())).contains("`panels[0].series` is empty"));
    assert!(message(null_panels(&NullPanels::default())).contains("`panels` is empty"));
    let mut data = ranked(5);
    data.panels[0].series[0].points[2].1 = -1.0;
    assert!(message(null_panels(&data)).contains("`panels[0].series[0].points.y[2]` is -1"));
    // On a linear axis it may be.
    data.panels[0].linear = true;
    assert!(null_panels(&data).is_ok());
}

#[test]
fn spectra_have_a_line_for_every_null_and_one_for_its_ratio() {
    for kinds in [1, 7] {
        let figure = spectra(&spectrums(9, kinds)).unwrap();
        // The second one is vermillion: two lines, one in the legend, and those of the band.
        assert_eq!(lines(&figure, "#D55E00"), 3, "{kinds}");
        assert_eq!(circles(figure.svg(), "#0072B2", "cx").len(), 9 + 1);
        assert!(texts(&figure).contains(&"no difference".to_owned()));
    }
    let mut data = spectrums(5, 2);
    data.nulls[1].points[2].2 = 0.0;
    assert!(message(spectra(&data)).contains("`nulls[1].points[2]` is 0"), "{}", message(spectra(&data)));
    assert!(message(spectra(&SpectraFigure::default())).contains("`nulls` is empty"));
}

#[test]
fn twins_are_beside_one_exact_line() {
    let figure = twins(&twinned(8)).unwrap();
    let texts = texts(&figure);
    for (text, times) in [("f64", 1), ("f32, c = 12", 3), ("rounding of a row", 1), ("all of σ²", 1)] {
        assert_eq!(texts.iter().filter(|found| *found == text).count(), times, "{text}: {texts:?}");
    }
    let mut data = twinned(5);
    data.twins[1].share[2].1 = -1.0;
    assert!(message(twins(&data)).contains("`twins[1].share.y[2]` is -1"), "{}", message(twins(&data)));
    assert!(message(twins(&TwinFigure::default())).contains("`twins` is empty"));
}

#[test]
fn extreme_magnitudes_are_legible() {
    for (low, high) in [(1e-30, 1e30), (1e-300, 1e-299), (1e149, 1e150), (7.0, 7.0), (1e-9, 1.0)] {
        let values = || vec![high, low, low];
        let text = || "word ".repeat(20) + &"x".repeat(90);
        let steep = PowerLawLine { slope: 900.0, ln_prefactor: -900.0, from: high, to: low, text: text() };
        let mut data = clouds(6, 3);
        for cloud in &mut data.series {
            cloud.label = text();
            cloud.line = Some(steep.clone());
            for (point, (flatness, variance)) in
                cloud.points.iter_mut().zip([(low, high), (high, low), (low, low)])
            {
                (point.flatness, point.variance) = (flatness, variance);
            }
        }
        data.guide = Some(SlopeGuide { slope: -1e9, text: text() });
        data.title = Some(text());
        check("extreme_clouds", &variance_flatness_clouds(&data).unwrap());
        data.series.truncate(2);
        check("extreme_clouds", &variance_flatness_clouds(&data).unwrap());

        let mut data = estimates(2, 3);
        data.quantity = "quantity".to_owned();
        for row in data.groups.iter_mut().flat_map(|group| &mut group.rows) {
            (row.value, row.interval, row.note) = (low, Some((high, -high)), Some(text()));
        }
        check("extreme_forest", &forest(&data).unwrap());

        let mut data = temperatures(3);
        (data.flatness, data.temperature, data.line) = (values(), values(), Some(steep));
        for profile in &mut data.profiles {
            (profile.offset, profile.temperature) = (vec![-high, low, high], values());
            profile.flatness = high;
        }
        for series in &mut data.times {
            (series.flatness, series.time) = (values(), vec![Some(low), None, Some(high)]);
        }
        check("extreme_temperature", &temperature(&data).unwrap());

        let mut data = mini_batches(&[2, 300], 3);
        (data.reference_loss, data.factor) = (low, 2.0);
        for direction in &mut data.directions {
            (direction.left, direction.right) = (None, Some(high));
            (direction.offset, direction.loss) = (vec![-high, 0.0, high], values());
            direction.mini_batches = vec![values(), vec![0.0; 3]];
            direction.title = text();
        }
        check("extreme_mini_batches", &mini_batch_losses(&data).unwrap());

        let mut data = drifting(3);
        data.index = vec![1, 2, usize::MAX];
        (data.exponent, data.window_epochs) = (values(), Some((high, low)));
        for curve in &mut data.displacements {
            (curve.lag, curve.mean_square) = (vec![low, low, high], values());
        }
        for curve in &mut data.growth {
            (curve.epoch, curve.value) = (values(), values());
        }
        check("extreme_drift", &drift(&data).unwrap());

        let mut data = nulled(3);
        for series in [&mut data.relation, &mut data.ratio, &mut data.amplitude, &mut data.equilibrium] {
            for series in series {
                (series.label, series.points) = (text(), vec![(low, high), (high, low), (low, low)]);
            }
        }
        check("extreme_nulls", &nulls(&data).unwrap());

        let mut data = spectrums(3, 3);
        for series in data.nulls.iter_mut().chain([&mut data.data]) {
            series.label = text();
            series.points = vec![(1.0, low, low, low), (2.0, high, low, high), (3.0, low, low, high)];
        }
        check("extreme_spectra", &spectra(&data).unwrap());

        let mut data = twinned(3);
        data.exact = vec![(low, high), (high, low), (low, low)];
        for twin in &mut data.twins {
            let (variance, ratio) = (vec![(low, high), (high, low), (high, high)], vec![(low, high)]);
            (twin.label, twin.variance, twin.ratio) = (text(), variance, ratio);
        }
        check("extreme_twins", &twins(&data).unwrap());
    }
}

fn message(result: Result<Figure, PlotError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn wrong_clouds_and_estimates_are_named() {
    let mut data = clouds(3, 5);
    data.series[1].points[3].variance = 0.0;
    assert!(message(variance_flatness_clouds(&data)).contains("`series[1].points.variance[3]` is 0"));
    data.series[0].points[2].flatness = f64::NAN;
    assert!(message(variance_flatness_clouds(&data)).contains("`series[0].points.flatness[2]` is NaN"));
    data = clouds(3, 5);
    data.series[2].line = Some(PowerLawLine { from: 0.0, ..PowerLawLine::default() });
    assert!(message(variance_flatness_clouds(&data)).contains("`series[2].line.from[0]` is 0"));
    data.series[1].points.clear();
    assert!(message(variance_flatness_clouds(&data)).contains("`series[1].points` is empty"));
    let empty = VarianceFlatnessClouds::default();
    assert!(message(variance_flatness_clouds(&empty)).contains("`series` is empty"));

    let mut data = estimates(2, 3);
    data.groups[1].rows[2].value = f64::NAN;
    assert!(message(forest(&data)).contains("`groups[1].rows[2].value[0]` is NaN"));
    data.groups[0].rows[1].interval = Some((0.0, f64::INFINITY));
    assert!(message(forest(&data)).contains("`groups[0].rows[1].interval[1]` is inf"));
    data.groups[0].rows.clear();
    assert!(message(forest(&data)).contains("`groups[0].rows` is empty"));
    assert!(message(forest(&Forest::default())).contains("`groups` is empty"));
}

#[test]
fn wrong_sizes_are_named() {
    let mut data = by_size(5);
    data.panels[2].series[1].points[3].value = 0.0;
    assert!(message(quantities_by_size(&data)).contains("`panels[2].series[1].points.value[3]` is 0"));
    data.panels[1].series[0].points[2].interval = Some((f64::NAN, 1.0));
    assert!(
        message(quantities_by_size(&data)).contains("`panels[1].series[0].points[2].interval[0]` is NaN")
    );
    data.panels[0].series[2].points[1].size = 0.0;
    assert!(message(quantities_by_size(&data)).contains("`panels[0].series[2].points.size[1]` is 0"));
    data.panels[0].series[0].points.clear();
    assert!(message(quantities_by_size(&data)).contains("`panels[0].series[0].points` is empty"));
    assert!(message(quantities_by_size(&QuantitiesBySize::default())).contains("`panels` is empty"));
}

#[test]
fn wrong_causes_are_named() {
    let mut data = temperatures(5);
    data.times[1].time[4] = Some(-1.0);
    assert!(message(temperature(&data)).contains("`times[1].time[4]` is -1"));
    data.profiles[2].temperature.pop();
    assert!(message(temperature(&data)).contains("`profiles[2].temperature` has 40 values"));
    data.profiles[0].flatness = 1e-300;
    assert!(message(temperature(&data)).contains("`profiles[0].offset / flatness[0]`"));
    data.temperature[3] = 0.0;
    assert!(message(temperature(&data)).contains("`temperature[3]` is 0"));
    assert!(message(temperature(&TemperatureFigure::default())).contains("`flatness` is empty"));

    let mut data = mini_batches(&[2, 300], 5);
    data.directions[1].mini_batches[4][7] = -1.0;
    assert!(message(mini_batch_losses(&data)).contains("`directions[1].mini_batches[4][7]` is -1"));
    data.directions[1].mini_batches[2].pop();
    assert!(message(mini_batch_losses(&data)).contains("`directions[1].mini_batches[2]` has 80 values"));
    data.directions[0].right = Some(f64::NAN);
    assert!(message(mini_batch_losses(&data)).contains("`directions[0].right[0]` is NaN"));
    assert!(message(mini_batch_losses(&MiniBatchFigure::default())).contains("`reference_loss[0]` is 0"));

    let mut data = drifting(5);
    data.growth[2].value[9] = f64::INFINITY;
    assert!(message(drift(&data)).contains("`growth[2].value[9]` is inf"));
    data.exponent.pop();
    assert!(message(drift(&data)).contains("`exponent` has 4 values and `index` has 5"));
    data.displacements[3].mean_square[2] = 0.0;
    assert!(message(drift(&data)).contains("`displacements[3].mean_square[2]` is 0"));
    assert!(message(drift(&DriftFigure::default())).contains("`displacements` is empty"));
}
