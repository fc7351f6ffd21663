//! `d k n`; `k` alphas; `k` rows of `d` means; `k` rows of `d (d + 1) / 2` inverse covariance
//! factors; `n` rows of `d` points; `gamma m`.

use std::path::Path;

use super::numbers::Numbers;
use super::{InputError, text_of};
use crate::adbench::gmm::{Gmm, Wishart};

/// Reads a mixture and its points.
///
/// # Errors
/// When the file cannot be read or is not of this form.
pub fn read_gmm(path: &Path) -> Result<Gmm, InputError> {
    let text = text_of(path)?;
    let mut numbers = Numbers::new(path, &text);
    let d = numbers.positive("the dimension d")?;
    let k = numbers.positive("the number of components k")?;
    let n = numbers.whole("the number of points n")?;
    // d (d + 1) is even.
    let icf_size = numbers.size(&[d, d.saturating_add(1)])? / 2;
    let (means, icf, points) = (
        numbers.size(&[k, d])?,
        numbers.size(&[k, icf_size])?,
        numbers.size(&[n, d])?,
    );
    let data = Gmm {
        d,
        alphas: numbers.reals(k, "an alpha")?,
        means: numbers.reals(means, "a mean")?,
        icf: numbers.reals(icf, "an inverse covariance factor")?,
        points: numbers.reals(points, "a point")?,
        wishart: wishart(&mut numbers)?,
    };
    numbers.end()?;
    Ok(data)
}

fn wishart(numbers: &mut Numbers<'_>) -> Result<Wishart, InputError> {
    let gamma = numbers.real("the prior's gamma")?;
    if gamma <= 0.0 {
        return Err(numbers.error("the prior's gamma must be positive"));
    }
    let m = numbers.whole("the prior's m")?;
    let m = i32::try_from(m).map_err(|_| numbers.error("the prior's m is too large"))?;
    Ok(Wishart { gamma, m })
}
