//! The order of layers that a file may keep in another one.

use varflat_model::{DenseLayer, MlpConfig};

/// Attempts after which a search for orders that fit is given up.
const ATTEMPTS: usize = 100_000;

/// What to do about weights of PyTorch's.
const TRANSPOSED: &str = "PyTorch keeps weights as [d_out, d_in], here they are [d_in, d_out]. Save them with .T, as in \
     np.savez(\"network.npz\", **{k: v.numpy().T for k, v in model.state_dict().items()})";

/// In which order layers make a network.
pub(crate) enum Order {
    /// In this one, as places in the file.
    Fits(Vec<usize>),
    /// In none that can be relied on.
    Refused(String),
}

/// Inputs, outputs, and biases where there are any.
#[derive(Clone, Copy)]
struct Shape {
    inputs: usize,
    outputs: usize,
    biases: Option<usize>,
}

impl Shape {
    fn transposed(self) -> Self {
        Self { inputs: self.outputs, outputs: self.inputs, ..self }
    }

    fn is_sound(self) -> bool {
        self.biases.is_none_or(|biases| biases == self.outputs)
    }
}

/// The order of these layers, which come as they are in the file.
pub(crate) fn of(layers: &[DenseLayer]) -> Order {
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let shapes: Vec<Shape> = layers
        .iter()
        .map(|layer| Shape {
            inputs: layer.inputs,
            outputs: layer.outputs,
            biases: layer.bias.as_ref().map(Vec::len),
        })
        .collect();
    let own = own_order(&names);
    let order = own.clone().unwrap_or_else(|| by_number(&names));
    if chains(&shapes, &order) {
        let alphabetical = names.len() > 1 && names.is_sorted() && order.is_sorted();
        if own.is_none() && alphabetical && fitting(&shapes, &ranks(&names)).len() > 1 {
            return Order::Refused(format!(
                "the layers {} fit in several orders, and that of the file is that of the alphabet, which says nothing: name them by \
                 number (layers.0.weight, layers.1.weight, …)",
                names.join(", ")
            ));
        }
        return Order::Fits(order);
    }
    Order::Refused(misfit(&names, &shapes, &order))
}

/// What to do about layers that do not fit as they come.
fn misfit(names: &[&str], shapes: &[Shape], order: &[usize]) -> String {
    let list = |places: &[usize]| places.iter().map(|&place| names[place]).collect::<Vec<_>>().join(", ");
    let found = match order.windows(2).find(|pair| shapes[pair[0]].outputs != shapes[pair[1]].inputs) {
        Some(&[before, after]) => format!(
            "layer `{}` takes {} inputs, but `{}` before it gives {}",
            names[after], shapes[after].inputs, names[before], shapes[before].outputs
        ),
        _ => match order.iter().find(|place| !shapes[**place].is_sound()) {
            Some(&place) => format!(
                "layer `{}` gives {} outputs, but has {} biases",
                names[place],
                shapes[place].outputs,
                shapes[place].biases.unwrap_or(0)
            ),
            None => "the layers do not fit each other".to_owned(),
        },
    };
    let turned: Vec<Shape> = shapes.iter().map(|shape| shape.transposed()).collect();
    let ranks = ranks(names);
    let mut ways = Vec::new();
    match fitting(shapes, &ranks).as_slice() {
        [one] => ways.push(format!("in the order {}: save them so", list(one))),
        [_, ..] => ways.push("in several other orders: save them from the inputs to the outputs".to_owned()),
        [] => {}
    }
    // Layers in reverse fit transposed as well: which it is only their owner knows.
    if chains(&turned, order) || (ways.is_empty() && !fitting(&turned, &ranks).is_empty()) {
        ways.push(format!("transposed: {TRANSPOSED}"));
    }
    match ways.is_empty() {
        true => format!("{found}, and no other order fits"),
        false => format!("{found}. They fit {}", ways.join("; or ")),
    }
}

/// Whether each layer takes what the one before gives.
fn chains(shapes: &[Shape], order: &[usize]) -> bool {
    order.windows(2).all(|pair| shapes[pair[0]].outputs == shapes[pair[1]].inputs)
        && shapes.iter().all(|shape| shape.is_sound())
}

/// The places of varflat's own layers, if these are they.
fn own_order(names: &[&str]) -> Option<Vec<usize>> {
    let widths = vec![1; names.len().checked_sub(1)?.max(1)];
    let own = MlpConfig::new(1, widths, 1).shapes();
    let places: Option<Vec<usize>> =
        own.iter().map(|(own, _)| names.iter().position(|name| name == own)).collect();
    places.filter(|places| places.len() == names.len())
}

/// The places with names that differ in numbers alone sorted by these, among the places that they hold.
fn by_number(names: &[&str]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    let ranks = ranks(names);
    for pattern in 0..names.len() {
        let holds: Vec<usize> = (0..names.len()).filter(|&place| ranks[place].0 == pattern).collect();
        let mut sorted = holds.clone();
        sorted.sort_by_key(|&place| ranks[place].1);
        holds.iter().zip(sorted).for_each(|(&at, place)| order[at] = place);
    }
    order
}

/// Of each name, which pattern it has and its rank in it.
fn ranks(names: &[&str]) -> Vec<(usize, usize)> {
    let keys: Vec<(String, Vec<u128>)> = names.iter().map(|name| pattern(name)).collect();
    keys.iter()
        .map(|(pattern, numbers)| {
            let first = keys.iter().position(|(other, _)| other == pattern).unwrap_or(0);
            let smaller = keys.iter().filter(|(other, of_other)| other == pattern && of_other < numbers);
            (first, smaller.count())
        })
        .collect()
}

/// A name without its numbers, and the numbers.
fn pattern(name: &str) -> (String, Vec<u128>) {
    let (mut pattern, mut numbers, mut digits) = (String::new(), Vec::new(), String::new());
    for letter in name.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if !digits.is_empty() {
            // More digits than a number has are text.
            match digits.parse() {
                Ok(number) => {
                    numbers.push(number);
                    pattern.push('#');
                }
                Err(_) => pattern.push_str(&digits),
            }
            digits.clear();
        }
        pattern.push(letter);
    }
    (pattern, numbers)
}

/// Up to two orders in which the layers fit, numbered names ascending.
fn fitting(shapes: &[Shape], ranks: &[(usize, usize)]) -> Vec<Vec<usize>> {
    if !shapes.iter().all(|shape| shape.is_sound()) {
        return Vec::new();
    }
    let mut search = Search { shapes, ranks, found: Vec::new(), attempts: 0 };
    search.extend(&mut Vec::new());
    search.found
}

struct Search<'a> {
    shapes: &'a [Shape],
    ranks: &'a [(usize, usize)],
    found: Vec<Vec<usize>>,
    attempts: usize,
}

impl Search<'_> {
    fn extend(&mut self, order: &mut Vec<usize>) {
        self.attempts += 1;
        if order.len() == self.shapes.len() {
            self.found.push(order.clone());
        }
        for next in 0..self.shapes.len() {
            if self.found.len() > 1 || self.attempts > ATTEMPTS {
                return;
            }
            let fits = order.last().is_none_or(|&last| self.shapes[last].outputs == self.shapes[next].inputs);
            let (pattern, rank) = self.ranks[next];
            let before = order.iter().filter(|&&place| self.ranks[place].0 == pattern).count();
            if fits && rank == before && !order.contains(&next) {
                order.push(next);
                self.extend(order);
                order.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, inputs: usize, outputs: usize) -> DenseLayer {
        DenseLayer { name: name.to_owned(), inputs, outputs, weight: Vec::new(), bias: None }
    }

    /// Names, inputs and outputs.
    type Layers<'a> = &'a [(&'a str, usize, usize)];

    fn ordered(layers: Layers<'_>) -> Result<String, String> {
        let layers: Vec<DenseLayer> =
            layers.iter().map(|&(name, d_in, d_out)| layer(name, d_in, d_out)).collect();
        match of(&layers) {
            Order::Fits(places) => {
                Ok(places.iter().map(|&place| layers[place].name.as_str()).collect::<Vec<_>>().join(" "))
            }
            Order::Refused(problem) => Err(problem),
        }
    }

    #[test]
    fn layers_that_fit_are_put_in_order() {
        let table: [(Layers<'_>, &str); 7] = [
            // varflat's own, sorted by the alphabet.
            (&[("hidden", 5, 5), ("input", 9, 5), ("output", 5, 3)], "input hidden output"),
            (&[("input", 3, 3), ("output", 3, 3)], "input output"),
            (
                &[("deeper.0", 4, 4), ("hidden", 4, 4), ("input", 4, 4), ("output", 4, 4)],
                "input hidden deeper.0 output",
            ),
            // Numbers, not digits; what has no number stays where it was.
            (
                &[("l.0", 4, 4), ("l.1", 4, 4), ("l.10", 4, 4), ("l.2", 4, 4), ("out", 4, 2)],
                "l.0 l.1 l.2 l.10 out",
            ),
            (&[("0", 4, 4), ("10", 4, 4), ("2", 4, 4)], "0 2 10"),
            (&[("fc1", 4, 4), ("fc2", 4, 4), ("fc3", 4, 4)], "fc1 fc2 fc3"),
            // The order of the file, which is not that of the alphabet.
            (&[("in", 4, 4), ("middle", 4, 4), ("end", 4, 4)], "in middle end"),
        ];
        for (layers, expected) in table {
            assert_eq!(ordered(layers).as_deref(), Ok(expected), "{layers:?}");
        }
    }

    #[test]
    fn layers_that_do_not_are_refused_with_a_way_out() {
        let table: [(Layers<'_>, &str); 7] = [
            (&[("a", 5, 5), ("b", 9, 5), ("c", 5, 3)], "the order b, a, c"),
            (&[("head", 4, 2), ("l.0", 9, 4), ("l.1", 4, 4), ("l.2", 4, 4)], "the order l.0, l.1, l.2, head"),
            (&[("a", 4, 4), ("b", 4, 4), ("c", 4, 4)], "by number"),
            (&[("a", 5, 5), ("b", 5, 5), ("c", 9, 5), ("d", 5, 2)], "several other orders"),
            // 9 → 5 → 3, as PyTorch keeps them.
            (&[("0", 5, 9), ("2", 3, 5)], ".T"),
            (&[("one", 5, 9), ("two", 3, 5)], ".T"),
            (&[("a", 5, 9), ("b", 7, 2)], "no other order fits"),
        ];
        for (layers, words) in table {
            let problem = ordered(layers).unwrap_err();
            assert!(problem.contains(words), "{layers:?}: {problem}");
        }
        // One layer: its biases tell.
        let turned = DenseLayer { bias: Some(vec![0.0; 3]), ..layer("0", 3, 9) };
        let Order::Refused(problem) = of(&[turned]) else { panic!("accepted") };
        assert!(problem.contains(".T"), "{problem}");
    }
}
