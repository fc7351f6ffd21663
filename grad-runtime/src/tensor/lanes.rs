//! [`Lanes`]: registers of `f32` or `f64` under one name, for kernels generic over both.

#![allow(
    unsafe_code,
    reason = "whole registers are read and written without a check of the slice's end"
)]

use pulp::{MemMask, Simd};

/// A float whose registers kernels can use without knowing which float it is.
#[doc(hidden)]
pub trait Lanes: Copy {
    /// A register.
    type Register<S: Simd>: Copy;
    /// Which lanes of a register are meant.
    type Mask<S: Simd>: Copy;

    /// The number of lanes.
    fn count<S: Simd>() -> usize;
    /// The same value in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Register<S>;
    /// `x y + z`, rounded once.
    fn multiply_add<S: Simd>(
        simd: S,
        x: Self::Register<S>,
        y: Self::Register<S>,
        z: Self::Register<S>,
    ) -> Self::Register<S>;
    /// `x + y`.
    fn plus<S: Simd>(simd: S, x: Self::Register<S>, y: Self::Register<S>) -> Self::Register<S>;
    /// `x - y`.
    fn minus<S: Simd>(simd: S, x: Self::Register<S>, y: Self::Register<S>) -> Self::Register<S>;
    /// The larger of each pair of lanes; the second where one is not a number.
    fn larger<S: Simd>(simd: S, x: Self::Register<S>, y: Self::Register<S>) -> Self::Register<S>;
    /// The sum of all lanes.
    fn total<S: Simd>(simd: S, x: Self::Register<S>) -> Self;
    /// The first `count` lanes.
    fn first_lanes<S: Simd>(simd: S, count: usize) -> Self::Mask<S>;
    /// Reads a register.
    ///
    /// # Safety
    /// All lanes must be readable at `from`.
    #[inline(always)]
    unsafe fn read<S: Simd>(from: *const Self) -> Self::Register<S> {
        // SAFETY: the caller's; the read is unaligned.
        unsafe { from.cast::<Self::Register<S>>().read_unaligned() }
    }
    /// Writes a register.
    ///
    /// # Safety
    /// All lanes must be writable at `to`.
    #[inline(always)]
    unsafe fn write<S: Simd>(to: *mut Self, x: Self::Register<S>) {
        // SAFETY: the caller's; the write is unaligned.
        unsafe { to.cast::<Self::Register<S>>().write_unaligned(x) }
    }
    /// The entries of a slice, of which there are at most as many as lanes; the other lanes are zero.
    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &[Self]) -> Self::Register<S> {
        if from.len() == Self::count::<S>() {
            // SAFETY: the slice has an entry for each lane.
            return unsafe { Self::read::<S>(from.as_ptr()) };
        }
        assert!(from.len() < Self::count::<S>());
        let mask = Self::first_lanes(simd, from.len());
        // SAFETY: the lanes of the mask are entries of the slice.
        unsafe { Self::read_masked(simd, mask, from.as_ptr()) }
    }
    /// Writes a slice, of at most as many entries as there are lanes.
    #[inline(always)]
    fn store<S: Simd>(simd: S, x: Self::Register<S>, to: &mut [Self]) {
        if to.len() == Self::count::<S>() {
            // SAFETY: the slice has an entry for each lane.
            return unsafe { Self::write::<S>(to.as_mut_ptr(), x) };
        }
        assert!(to.len() < Self::count::<S>());
        let mask = Self::first_lanes(simd, to.len());
        // SAFETY: the lanes of the mask are entries of the slice.
        unsafe { Self::write_masked(simd, mask, to.as_mut_ptr(), x) }
    }
    /// Reads the lanes of the mask; the others are zero.
    ///
    /// # Safety
    /// The lanes of the mask must be readable at `from`.
    unsafe fn read_masked<S: Simd>(
        simd: S,
        mask: Self::Mask<S>,
        from: *const Self,
    ) -> Self::Register<S>;
    /// Writes the lanes of the mask.
    ///
    /// # Safety
    /// The lanes of the mask must be writable at `to`.
    unsafe fn write_masked<S: Simd>(
        simd: S,
        mask: Self::Mask<S>,
        to: *mut Self,
        x: Self::Register<S>,
    );
}

macro_rules! lanes {
    ($float:ty, $registers:ident, $masks:ident, $count:ident, $word:ty, $splat:ident, $multiply_add:ident,
     $plus:ident, $minus:ident, $greater:ident, $select:ident, $total:ident, $between:ident, $read:ident, $write:ident) => {
        impl Lanes for $float {
            type Register<S: Simd> = S::$registers;
            type Mask<S: Simd> = S::$masks;

            #[inline(always)]
            fn count<S: Simd>() -> usize {
                S::$count
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> S::$registers {
                simd.$splat(x)
            }
            #[inline(always)]
            fn multiply_add<S: Simd>(
                simd: S,
                x: S::$registers,
                y: S::$registers,
                z: S::$registers,
            ) -> S::$registers {
                simd.$multiply_add(x, y, z)
            }
            #[inline(always)]
            fn plus<S: Simd>(simd: S, x: S::$registers, y: S::$registers) -> S::$registers {
                simd.$plus(x, y)
            }
            #[inline(always)]
            fn minus<S: Simd>(simd: S, x: S::$registers, y: S::$registers) -> S::$registers {
                simd.$minus(x, y)
            }
            #[inline(always)]
            fn larger<S: Simd>(simd: S, x: S::$registers, y: S::$registers) -> S::$registers {
                simd.$select(simd.$greater(x, y), x, y)
            }
            #[inline(always)]
            fn total<S: Simd>(simd: S, x: S::$registers) -> Self {
                simd.$total(x)
            }
            #[inline(always)]
            #[allow(clippy::cast_possible_truncation, reason = "a register has few lanes")]
            fn first_lanes<S: Simd>(simd: S, count: usize) -> S::$masks {
                simd.$between(0, count as $word).mask()
            }
            #[inline(always)]
            unsafe fn read_masked<S: Simd>(
                simd: S,
                mask: S::$masks,
                from: *const Self,
            ) -> S::$registers {
                // SAFETY: the caller's.
                unsafe { simd.$read(MemMask::new(mask), from) }
            }
            #[inline(always)]
            unsafe fn write_masked<S: Simd>(
                simd: S,
                mask: S::$masks,
                to: *mut Self,
                x: S::$registers,
            ) {
                // SAFETY: the caller's.
                unsafe { simd.$write(MemMask::new(mask), to, x) }
            }
        }
    };
}
lanes!(
    f32,
    f32s,
    m32s,
    F32_LANES,
    u32,
    splat_f32s,
    mul_add_e_f32s,
    add_f32s,
    sub_f32s,
    greater_than_f32s,
    select_f32s,
    reduce_sum_f32s,
    mask_between_m32s,
    mask_load_ptr_f32s,
    mask_store_ptr_f32s
);
lanes!(
    f64,
    f64s,
    m64s,
    F64_LANES,
    u64,
    splat_f64s,
    mul_add_e_f64s,
    add_f64s,
    sub_f64s,
    greater_than_f64s,
    select_f64s,
    reduce_sum_f64s,
    mask_between_m64s,
    mask_load_ptr_f64s,
    mask_store_ptr_f64s
);
