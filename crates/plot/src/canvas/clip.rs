//! Cuts polylines at the edges of the unit square (plotters would bend them along the edge).

/// A point as fractions of the two axes.
pub(crate) type Fractions = (f64, f64);

/// The pieces of the polyline that lie inside the unit square.
pub(crate) fn inside_unit_square(points: &[Fractions]) -> Vec<Vec<Fractions>> {
    let mut pieces: Vec<Vec<Fractions>> = Vec::new();
    for segment in points.windows(2) {
        let (from, to) = (segment[0], segment[1]);
        let Some((start, end)) = clip_segment(from, to) else {
            continue;
        };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&start) => piece.push(end),
            _ => pieces.push(vec![start, end]),
        }
    }
    pieces
}

/// Liang and Barsky's algorithm: the part of a segment in the unit square.
fn clip_segment(from: Fractions, to: Fractions) -> Option<(Fractions, Fractions)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (direction, room) in [(-dx, from.0), (dx, 1.0 - from.0), (-dy, from.1), (dy, 1.0 - from.1)] {
        if direction == 0.0 {
            if room < 0.0 {
                return None;
            }
            continue;
        }
        let crossing = room / direction;
        if direction < 0.0 {
            enter = enter.max(crossing);
        } else {
            leave = leave.min(crossing);
        }
    }
    if enter > leave {
        return None;
    }
    let at = |t: f64| match t {
        // The end points exactly, so that neighbouring pieces join.
        0.0 => from,
        1.0 => to,
        t => (from.0 + t * dx, from.1 + t * dy),
    };
    Some((at(enter), at(leave)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_the_square_is_cut_at_both_sides() {
        assert_eq!(inside_unit_square(&[(-1.0, 0.5), (2.0, 0.5)]), [[(0.0, 0.5), (1.0, 0.5)]]);
    }

    #[test]
    fn pieces_that_meet_stay_one_line() {
        let line = [(0.1, 0.1), (0.5, 0.5), (0.9, 0.2)];
        assert_eq!(inside_unit_square(&line), [line]);
    }

    #[test]
    fn a_line_that_leaves_and_returns_gives_two_pieces() {
        let pieces = inside_unit_square(&[(0.25, 0.5), (0.5, 1.5), (0.75, 0.5)]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0][1], (0.375, 1.0));
        assert_eq!(pieces[1][0], (0.625, 1.0));
    }

    #[test]
    fn outside_lines_vanish() {
        assert!(inside_unit_square(&[(1.5, -1.0), (1.5, 2.0)]).is_empty());
        assert!(inside_unit_square(&[(-0.5, 0.4), (0.4, -0.6)]).is_empty());
    }
}
