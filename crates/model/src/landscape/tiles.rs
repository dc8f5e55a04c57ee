//! What is computed once: samples in tiles of one label each, and the activations up to the moving layer.

use pulp::Arch;

use super::kernels::{TILE, apply_f64};
use crate::data::ImageSet;
use crate::dense::{DenseLayer, DenseNetwork};

/// At most [`TILE`] samples of one label.
pub(super) struct Tile {
    pub(super) label: usize,
    /// Positions in the set.
    pub(super) samples: Vec<usize>,
}

/// All samples, sorted by label, then by `loss`, and otherwise in order.
pub(super) fn tiles(labels: &[u8], loss: impl Fn(usize) -> f32) -> Vec<Tile> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&one, &other| {
        labels[one].cmp(&labels[other]).then_with(|| loss(one).total_cmp(&loss(other)))
    });
    order
        .chunk_by(|&a, &b| labels[a] == labels[b])
        .flat_map(|class| class.chunks(TILE))
        .map(|samples| Tile { label: usize::from(labels[samples[0]]), samples: samples.to_vec() })
        .collect()
}

/// Values `[tiles, features, TILE]` of the same samples in other tiles.
pub(super) fn arranged(values: &[f32], features: usize, from: &[Tile], to: &[Tile]) -> Vec<f32> {
    let samples = from.iter().map(|tile| tile.samples.len()).sum();
    let mut start = vec![0; samples];
    for (position, tile) in from.iter().enumerate() {
        for (place, &sample) in tile.samples.iter().enumerate() {
            start[sample] = position * features * TILE + place;
        }
    }
    let mut arranged = vec![0.0; values.len()];
    for (tile, block) in to.iter().zip(arranged.chunks_exact_mut(features * TILE)) {
        for (feature, row) in block.chunks_exact_mut(TILE).enumerate() {
            for (value, &sample) in row.iter_mut().zip(&tile.samples) {
                *value = values[start[sample] + feature * TILE];
            }
        }
    }
    arranged
}

/// The last layer as one that gives the margins m_j = z_j − z_y of a label y: `[inputs, classes − 1]`, j ≠ y.
pub(super) fn margins(layer: &DenseLayer, label: usize) -> DenseLayer {
    let against = |row: &[f64]| -> Vec<f64> {
        let others = row.iter().enumerate().filter(|(class, _)| *class != label);
        others.map(|(_, value)| value - row[label]).collect()
    };
    DenseLayer {
        name: layer.name.clone(),
        inputs: layer.inputs,
        outputs: layer.outputs - 1,
        weight: layer.weight.chunks_exact(layer.outputs).flat_map(against).collect(),
        bias: layer.bias.as_deref().map(against),
    }
}

/// h and Z_0 of the layer at `moving`, `[tiles, d_in, TILE]` and `[tiles, outputs, TILE]`; missing samples are zero.
pub(super) fn activations(
    arch: Arch,
    network: &DenseNetwork,
    moving: usize,
    set: &ImageSet,
    tiles: &[Tile],
) -> (Vec<f32>, Vec<f32>) {
    let layers = &network.layers()[..=moving];
    let versions: Vec<DenseLayer> = match moving + 1 == network.layers().len() {
        true => (0..network.classes()).map(|label| margins(&layers[moving], label)).collect(),
        false => Vec::new(),
    };
    let (d_in, outputs) = (layers[moving].inputs, versions.first().unwrap_or(&layers[moving]).outputs);
    let mut inputs = Vec::with_capacity(tiles.len() * d_in * TILE);
    let mut z0 = Vec::with_capacity(tiles.len() * outputs * TILE);
    let (mut values, mut next) = (Vec::new(), Vec::new());
    for tile in tiles {
        values.clear();
        values.resize(set.pixels() * TILE, 0.0);
        for (place, &sample) in tile.samples.iter().enumerate() {
            for (feature, &value) in set.at(sample).iter().enumerate() {
                values[feature * TILE + place] = f64::from(value);
            }
        }
        for (position, layer) in layers.iter().enumerate() {
            if position > 0 {
                values.iter_mut().for_each(|z| *z = z.max(0.0));
            }
            let here = position == moving;
            if here {
                inputs.extend(values.iter().map(|&value| value as f32));
            }
            let layer = versions.get(tile.label).filter(|_| here).unwrap_or(layer);
            next.clear();
            next.resize(layer.outputs * TILE, 0.0);
            apply_f64(arch, (&layer.weight, layer.bias.as_deref()), &values, &mut next);
            std::mem::swap(&mut values, &mut next);
        }
        z0.extend(values.iter().map(|&value| value as f32));
    }
    (inputs, z0)
}
