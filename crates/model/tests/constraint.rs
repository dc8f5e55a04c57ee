//! Constraints against their definition in f64, and the Fisher information against brute force.

#![allow(clippy::unwrap_used)]

use burn::optim::GradientsParams;
use varflat_model::data::ImageSet;
use varflat_model::device::{self, Backend, OpenDevice};
use varflat_model::random::{Purpose, stream, uniform};
use varflat_model::{
    Constraint, DenseLayer, DenseNetwork, Mlp, MlpConfig, ResidentSet, Trainer, TrainingConfig,
    fisher_diagonal,
};

fn draws(count: usize, index: u64) -> Vec<f64> {
    let mut random = stream(9, Purpose::InitialWeights, index);
    (0..count).map(|_| f64::from(uniform(&mut random)) - 0.5).collect()
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Orthonormal rows, by Gram and Schmidt.
fn orthonormal(rows: usize, weights: usize) -> Vec<f64> {
    let mut found: Vec<Vec<f64>> = Vec::new();
    for row in 0..rows {
        let mut p = draws(weights, 100 + row as u64);
        for other in &found {
            let along: f64 = p.iter().zip(other).map(|(p, q)| p * q).sum();
            p.iter_mut().zip(other).for_each(|(p, q)| *p -= along * q);
        }
        let length = p.iter().map(|p| p * p).sum::<f64>().sqrt();
        found.push(p.into_iter().map(|p| p / length).collect());
    }
    found.concat()
}

/// A constraint on the 7×5 matrix of the second layer, and what it was made of.
struct Known {
    constraint: Constraint,
    centre: Vec<f32>,
    directions: Vec<f64>,
    stiffness: Vec<f64>,
}

const WEIGHTS: usize = 35;

impl Known {
    fn both() -> [Self; 2] {
        let centre = single(&draws(WEIGHTS, 7));
        let identity = (0..WEIGHTS * WEIGHTS).map(|n| f64::from(u8::from(n % (WEIGHTS + 1) == 0))).collect();
        let stiffness =
            |count: usize| (0..count).map(|n| if n % 3 == 1 { 0.0 } else { 0.3 + n as f64 }).collect();
        let (few, all): (Vec<f64>, Vec<f64>) = (stiffness(4), stiffness(WEIGHTS));
        let directions = orthonormal(4, WEIGHTS);
        let along = Constraint::along("hidden.weight", centre.clone(), &directions, &few).unwrap();
        let diagonal = Constraint::diagonal("hidden.weight", centre.clone(), all.clone()).unwrap();
        [
            Self { constraint: along, centre: centre.clone(), directions, stiffness: few },
            Self { constraint: diagonal, centre, directions: identity, stiffness: all },
        ]
    }

    /// Σ_i k_i [(w − w_1)·p_i]² in f64.
    fn penalty(&self, weights: &[f64]) -> f64 {
        let rows = self.directions.chunks_exact(WEIGHTS).zip(&self.stiffness);
        rows.map(|(p, k)| {
            let along: f64 =
                p.iter().zip(weights).zip(&self.centre).map(|((p, w), c)| p * (w - f64::from(*c))).sum();
            k * along * along
        })
        .sum()
    }

    /// Its gradient by central differences, exact for a parabola but for rounding.
    fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        let at = |place: usize, step: f64| {
            let mut moved = weights.to_vec();
            moved[place] += step;
            self.penalty(&moved)
        };
        (0..WEIGHTS).map(|place| (at(place, 1e-3) - at(place, -1e-3)) / 2e-3).collect()
    }
}

fn network() -> DenseNetwork {
    MlpConfig::new(6, vec![7, 5], 3).initial(4).unwrap()
}

fn devices() -> Vec<OpenDevice> {
    Backend::compiled().iter().filter_map(|backend| device::open(Some(backend.name())).ok()).collect()
}

fn weights(network: &Mlp, layer: usize) -> Vec<f64> {
    network.to_dense().unwrap().layers()[layer].weight.clone()
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    let largest = expected.iter().fold(1e-3f64, |largest, value| largest.max(value.abs()));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5 * largest, "{what}: {found} against {expected}");
    }
}

fn gradient(gradients: &GradientsParams, network: &Mlp, layer: usize) -> Vec<f64> {
    // The order of an Mlp's parameters is that of its layers.
    let id = burn::module::list_param_ids(network)[layer];
    let values = gradients.get::<2>(id).unwrap().try_into_vec_as::<f32>().unwrap();
    values.into_iter().map(f64::from).collect()
}

#[test]
fn a_penalty_and_its_gradients_are_those_of_the_definition() {
    for device in devices() {
        for known in Known::both() {
            let network = Mlp::new(&network(), &device.autodiff()).unwrap();
            let here = weights(&network, 1);
            let penalty = known.constraint.penalty(&network).unwrap();
            let value = penalty.clone().inner().try_into_vec_as::<f32>().unwrap();
            close(&[f64::from(value[0])], &[known.penalty(&here)], "penalty");
            let expected = known.gradient(&here);
            let by_autodiff = GradientsParams::from_grads(penalty.backward(), &network);
            close(&gradient(&by_autodiff, &network, 1), &expected, "autodiff");

            let added = known.constraint.add_gradients(&network, GradientsParams::new()).unwrap();
            close(&gradient(&added, &network, 1), &expected, "alone");
            let twice = known.constraint.add_gradients(&network, added).unwrap();
            let doubled: Vec<f64> = expected.iter().map(|value| 2.0 * value).collect();
            close(&gradient(&twice, &network, 1), &doubled, "added to others");
        }
    }
}

/// The minimum of penalty(w) + |w − w'|²/(2α) is where its gradient vanishes: w = w' − α ∇penalty(w).
#[test]
fn a_relaxation_is_the_minimum_it_is_said_to_be() {
    for device in devices() {
        for known in Known::both() {
            for rate in [0.01, 0.5, 40.0] {
                let before = Mlp::new(&network(), &device.autodiff()).unwrap();
                let start = weights(&before, 1);
                let after = known.constraint.relax(before.clone(), rate).unwrap();
                let end = weights(&after, 1);
                let expected: Vec<f64> =
                    start.iter().zip(known.gradient(&end)).map(|(w, slope)| w - rate * slope).collect();
                let allowed = 2e-6 * (1.0 + 2.0 * rate * WEIGHTS as f64);
                for (end, expected) in end.iter().zip(&expected) {
                    assert!((end - expected).abs() < allowed, "{rate}: {end} against {expected}");
                }
                assert!(known.penalty(&end) < known.penalty(&start));
                // Nothing else changes, and the parameter still learns.
                assert_eq!(weights(&after, 0), weights(&before, 0));
                let loss = known.constraint.penalty(&after).unwrap();
                let gradients = GradientsParams::from_grads(loss.backward(), &after);
                // Little is left of it, as differences of weights in f32.
                for (found, expected) in gradient(&gradients, &after, 1).iter().zip(known.gradient(&end)) {
                    assert!((found - expected).abs() < 1e-5, "{found} against {expected}");
                }
            }
        }
    }
}

/// Images of two kinds that a network can learn.
fn images(samples: usize) -> ImageSet {
    let pixels = draws(samples * 6, 3).into_iter().map(|x| if x > 0.2 { 0.0 } else { x as f32 + 0.5 });
    ImageSet {
        images: pixels.collect(),
        labels: (0..samples).map(|n| (n % 3) as u8).collect(),
        rows: 2,
        columns: 3,
    }
}

#[test]
fn a_trainer_takes_the_implicit_steps_of_its_constraints() {
    let device = device::open(None).unwrap();
    let set = ResidentSet::new(&images(60), 3, &device).unwrap();
    let config = TrainingConfig { batch_size: 10, ..TrainingConfig::default() };
    let trainer = || {
        let network = Mlp::new(&network(), &device.autodiff()).unwrap();
        Trainer::new(network, config.sgd().into(), &config, 1, &set, &set).unwrap()
    };
    let [along, diagonal] = Known::both();
    let held = vec![along.constraint.clone(), diagonal.constraint.clone()];
    let mut together = trainer().with_constraints(held.clone()).unwrap();
    together.step();
    let mut apart = trainer();
    apart.step();
    let mut network = apart.network().clone();
    for constraint in &held {
        network = constraint.relax(network, config.learning_rate).unwrap();
    }
    assert_eq!(weights(together.network(), 1), weights(&network, 1));

    // However stiff: no explicit step could take this.
    let stiff = along.constraint.scaled(1e9);
    let mut trainer = trainer().with_constraints(vec![stiff]).unwrap();
    (0..40).for_each(|_| trainer.step());
    let (start, end) = (weights(apart.network(), 1), weights(trainer.network(), 1));
    assert!(known_part(&along, &end) < 1e-9 && known_part(&along, &start) > 1e-3);
    assert!(trainer.measure().unwrap().train_loss.is_finite());
}

fn known_part(known: &Known, weights: &[f64]) -> f64 {
    known.penalty(weights) / known.stiffness.iter().sum::<f64>()
}

#[test]
fn what_fits_no_network_is_refused() {
    let device = device::open(None).unwrap();
    let network = Mlp::new(&network(), &device.autodiff()).unwrap();
    let centre = || vec![0.0f32; 3];
    let message = |made: Result<Constraint, varflat_model::NetworkError>| made.unwrap_err().to_string();
    assert!(message(Constraint::diagonal("a.b", centre(), vec![1.0; 2])).contains("a.b"));
    assert!(
        message(Constraint::diagonal("a.b", centre(), vec![1.0, -1.0, 0.0])).contains("stiffness 2 is -1")
    );
    assert!(message(Constraint::diagonal("a.b", vec![f32::NAN], vec![1.0])).contains("not finite"));
    let slanted = [1.0, 0.0, 0.0, 0.6, 0.8, 0.0];
    assert!(message(Constraint::along("a.b", centre(), &slanted, &[1.0, 1.0])).contains("orthonormal"));
    assert!(message(Constraint::along("a.b", centre(), &slanted, &[1.0])).contains("entries"));
    // What does not hold need not be orthogonal.
    assert_eq!(Constraint::along("a.b", centre(), &slanted, &[1.0, 0.0]).unwrap().count(), 1);

    let elsewhere = Constraint::diagonal("middle.weight", centre(), vec![1.0; 3]).unwrap();
    let unknown = elsewhere.penalty(&network).unwrap_err().to_string();
    assert!(unknown.contains("middle.weight") && unknown.contains("hidden.weight"), "{unknown}");
    let short = Constraint::diagonal("hidden.weight", centre(), vec![1.0; 3]).unwrap();
    assert!(short.relax(network.clone(), 0.1).unwrap_err().to_string().contains("35 weights"));
    let set = ResidentSet::new(&images(20), 3, &device).unwrap();
    let config = TrainingConfig { batch_size: 10, ..TrainingConfig::default() };
    let trainer = Trainer::new(network, config.sgd().into(), &config, 1, &set, &set).unwrap();
    assert!(trainer.with_constraints(vec![short]).is_err());
}

#[test]
fn the_stiffest_are_kept_across_constraints() {
    let one = Constraint::diagonal("a", vec![0.0; 3], vec![1.0, 5.0, 0.0]).unwrap();
    let other = Constraint::diagonal("b", vec![0.0; 3], vec![4.0, 2.0, 6.0]).unwrap();
    let kept = Constraint::stiffest(&[one.clone(), other], 3);
    assert_eq!(kept.iter().map(Constraint::count).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((kept[0].largest(), kept[1].largest()), (5.0, 6.0));
    assert_eq!(one.scaled(2.5).largest(), 12.5);
}

/// n⁻¹ Σ_x Σ_y p_y (∂ ln p_y/∂w)² with every derivative a central difference in f64.
#[test]
fn the_fisher_information_is_that_of_brute_force() {
    let images = images(5);
    let dense = network();
    let log_probabilities = |network: &DenseNetwork, sample: usize| -> Vec<f64> {
        let z = network.logits(images.image(sample).unwrap()).unwrap();
        let sum = z.iter().map(|z| z.exp()).sum::<f64>().ln();
        z.iter().map(|z| z - sum).collect()
    };
    let moved = |layer: usize, place: usize, step: f64| {
        let mut layers: Vec<DenseLayer> = dense.layers().to_vec();
        layers[layer].weight[place] += step;
        DenseNetwork::new(layers).unwrap()
    };
    for device in devices() {
        let network = Mlp::new(&dense, &device.autodiff()).unwrap();
        let fisher = fisher_diagonal(&network, &ResidentSet::new(&images, 3, &device).unwrap(), 4).unwrap();
        assert_eq!(fisher.len(), 3);
        for (layer, (path, found)) in fisher.iter().enumerate() {
            assert_eq!(*path, format!("{}.weight", dense.layers()[layer].name));
            let expected: Vec<f64> = (0..found.len())
                .map(|place| {
                    let (above, below) = (moved(layer, place, 1e-5), moved(layer, place, -1e-5));
                    let of_sample = |sample: usize| -> f64 {
                        let p = log_probabilities(&dense, sample);
                        let slopes = log_probabilities(&above, sample)
                            .into_iter()
                            .zip(log_probabilities(&below, sample))
                            .map(|(above, below)| (above - below) / 2e-5);
                        p.iter().zip(slopes).map(|(p, slope)| p.exp() * slope * slope).sum()
                    };
                    (0..4).map(of_sample).sum::<f64>() / 4.0
                })
                .collect();
            assert!(expected.iter().any(|value| *value > 1e-6), "nothing to compare in {path}");
            close(found, &expected, path);
        }
    }
}
