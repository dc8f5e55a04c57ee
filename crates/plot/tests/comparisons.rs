//! The figures that compare methods, from synthetic data: valid, legible, complete.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{check, circles, texts};
use varflat_plot::*;

const METHODS: [&str; 5] =
    ["no constraint", "L2 to w₁", "EWC", "LDC, 20 directions a layer, k ∝ 1/F²", "all data"];

fn comparison(panels: usize, points: usize) -> TradeOff {
    let point = |method: usize, n: usize| {
        let share = (n as f64 + 0.5) / points as f64;
        let (x, y) = (0.5 * 60f64.powf(share) + method as f64, 30.0 * 0.01f64.powf(share));
        TradeOffPoint {
            x,
            x_interval: (0.7 * x, 1.3 * x),
            y,
            y_interval: (-y, 2.0 * y),
            chosen: n == points / 2,
        }
    };
    let curve = |method: usize| TradeOffCurve {
        label: METHODS[method].to_owned(),
        points: (0..if method == 0 { 1 } else { points }).map(|n| point(method, n)).collect(),
    };
    let panel = |n: usize| TradeOffPanel {
        title: format!("with {n} heads, of which nothing more is to be said"),
        curves: (0..4).map(curve).collect(),
    };
    TradeOff {
        x_title: "test error of task 2 (%)".to_owned(),
        y_title: "test error of task 1 (%)".to_owned(),
        panels: (1..=panels).map(panel).collect(),
        chosen: "λ of the least training error".to_owned(),
        title: Some("digits 2, 3 after 0, 1; means and 95 % intervals over 5 seeds".to_owned()),
    }
}

fn estimates(panels: usize, points: usize, x_scale: NumberScale) -> EstimateCurves {
    let curve = |method: usize| {
        let x: Vec<f64> = (1..=points).map(|n| (n * n * (method + 1)) as f64).collect();
        let value: Vec<f64> = x.iter().map(|x| 20.0 / (1.0 + x / 30.0)).collect();
        let interval = value.iter().map(|value| (value - 3.0, value + 4.0)).collect();
        EstimateCurve { label: METHODS[method].to_owned(), x, value, interval }
    };
    let panel = |n: usize| EstimatePanel {
        title: format!("with {n} heads"),
        // One method is missing from the first panel.
        curves: (usize::from(n == 1)..5).map(curve).collect(),
        level: (n == 2).then(|| Level { label: "a level".to_owned(), value: 25.0 }),
    };
    EstimateCurves {
        x_title: "number of constraints".to_owned(),
        x_scale,
        y_title: "mean test error (%)".to_owned(),
        panels: (1..=panels).map(panel).collect(),
        title: Some("means and 95 % intervals over 5 seeds".to_owned()),
    }
}

#[test]
fn comparisons_of_every_size_are_legible() {
    for panels in [1, 2, 3] {
        for points in [1, 2, 9] {
            check(&format!("trade_off_{panels}_{points}"), &trade_off(&comparison(panels, points)).unwrap());
            for scale in [NumberScale::Decades, NumberScale::Whole] {
                let figure = estimate_curves(&estimates(panels, points, scale)).unwrap();
                check(&format!("estimates_{scale:?}_{panels}_{points}"), &figure);
            }
        }
    }
}

#[test]
fn every_method_is_named_once() {
    let figures = [
        trade_off(&comparison(2, 5)).unwrap(),
        estimate_curves(&estimates(2, 5, NumberScale::Decades)).unwrap(),
    ];
    for figure in &figures {
        let texts = texts(figure);
        for method in &METHODS[..4] {
            assert_eq!(texts.iter().filter(|text| text == method).count(), 1, "{method}: {texts:?}");
        }
    }
    assert!(texts(&figures[1]).contains(&"a level".to_owned()));
}

/// Filled marks of a figure.
fn marks(figure: &Figure) -> usize {
    let mark = |line: &&str| {
        line.starts_with("<polygon") || (line.starts_with("<circle") && !line.contains("#FFFFFF"))
    };
    figure.svg().lines().filter(mark).count()
}

#[test]
fn every_setting_is_drawn_and_the_chosen_have_rings() {
    let mut data = comparison(1, 5);
    let all = marks(&trade_off(&data).unwrap());
    for curve in &mut data.panels[0].curves {
        curve.points.iter_mut().for_each(|point| point.chosen = false);
    }
    let figure = trade_off(&data).unwrap();
    let plain = marks(&figure);
    // The method of one setting, and its mark in the legend.
    assert_eq!(circles(figure.svg(), "#0072B2", "cx").len(), 2);
    // Three rings and that of the legend.
    assert_eq!(all - plain, 4);
    // Sixteen settings and four methods in the legend.
    assert_eq!(plain, 1 + 3 * 5 + 4);
}

#[test]
fn errors_of_zero_have_a_place_on_both_axes() {
    let mut data = comparison(1, 4);
    let before = marks(&trade_off(&data).unwrap());
    let (x_interval, y_interval) = ((0.0, 1.0), (0.0, 1.0));
    data.panels[0].curves[1].points[3] = TradeOffPoint { x_interval, y_interval, ..TradeOffPoint::default() };
    let figure = trade_off(&data).unwrap();
    check("trade_off_with_zeros", &figure);
    assert_eq!(marks(&figure), before);
    assert_eq!(texts(&figure).iter().filter(|text| *text == "0").count(), 2);
    // Where nothing is wrong anywhere.
    for curve in &mut data.panels[0].curves {
        curve.points.fill(TradeOffPoint::default());
    }
    check("trade_off_of_zeros", &trade_off(&data).unwrap());
}

#[test]
fn whole_numbers_are_marked_as_such() {
    let mut data = estimates(1, 3, NumberScale::Whole);
    data.panels[0].curves.truncate(1);
    data.panels[0].curves[0].x = vec![1.0, 2.0, 3.0];
    let texts = texts(&estimate_curves(&data).unwrap());
    assert!(["1", "2", "3"].iter().all(|label| texts.iter().any(|text| text == label)), "{texts:?}");
    assert!(!texts.iter().any(|text| text == "1.5"));
}

fn message(result: Result<Figure, PlotError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn wrong_comparisons_are_named() {
    let mut data = comparison(2, 3);
    data.panels[1].curves[2].points[1].y = -1.0;
    assert!(message(trade_off(&data)).contains("`panels[1].curves[2].points.y[1]` is -1"));
    data.panels[0].curves[1].points[0].x_interval.1 = f64::NAN;
    assert!(message(trade_off(&data)).contains("`panels[0].curves[1].points.x_interval[1]` is NaN"));
    data.panels[0].curves.clear();
    assert!(message(trade_off(&data)).contains("`panels[0].curves` is empty"));
    assert!(message(trade_off(&TradeOff::default())).contains("`panels` is empty"));

    let mut data = estimates(2, 3, NumberScale::Decades);
    data.panels[1].curves[2].x[1] = 0.0;
    assert!(message(estimate_curves(&data)).contains("`panels[1].curves[2].x[1]` is 0"));
    data.panels[1].curves[0].interval.pop();
    assert!(message(estimate_curves(&data)).contains("`panels[1].curves[0].interval` has 2 values"));
    data.panels[0].level = Some(Level { label: String::new(), value: f64::INFINITY });
    assert!(message(estimate_curves(&data)).contains("`panels[0].level[0]` is inf"));
    assert!(message(estimate_curves(&EstimateCurves::default())).contains("`panels` is empty"));
}
