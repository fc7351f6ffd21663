//! The siblings of a method for `private::Whole`, which stands for a slice where the compiler wants a
//! type with a size: a companion of a function of the slice has the derivatives.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::dynamic::Inside;
use super::items::{Bodies, Derived};

impl Derived<'_> {
    /// The siblings, and what objects are asked for.
    pub(crate) fn siblings_of_whole(&self, companion: &Ident) -> TokenStream {
        let root = &self.root;
        let args: Vec<_> = self.parameters().iter().map(|p| &p.name).collect();
        let dots = self.parameters().iter().map(|p| &p.dot);
        let (seed, tangent) = (self.free("y_bar"), self.fresh(self.output_tangent()));
        let this = self.parameters().iter().map(|p| self.again(p));
        let this: Vec<_> = this.collect();
        let again = self.parameters().iter().map(|p| {
            let (name, ty) = (self.again(p), self.fresh(self.again_type(p)));
            quote!(#name: #ty)
        });
        let bars: Vec<_> = self.parameters().iter().map(|p| &p.bar).collect();
        let places = self.parameters().iter().map(|p| {
            let (bar, ty) = (&p.bar, self.fresh(p.bar_type(root)));
            quote!(#bar: ::core::option::Option<&mut #ty>)
        });
        let (value, pull) = (self.free("value"), self.free("pull"));
        let mask = quote!(#root::private::Wrt::<__GRAD_M>);
        let bodies = Bodies {
            vjp: self.modes.reverse().then(|| {
                quote! {
                    let (#value, #pull) = #companion::vjp(#(#args,)* #mask);
                    (#value, move |#seed: #tangent, #(#again,)* #(#places),*| {
                        #pull(#seed, #(#this,)* #(#bars),*)
                    })
                }
            }),
            jvp: self
                .modes
                .forward()
                .then(|| quote!(#companion::jvp(#(#args,)* #mask, #(#dots),*))),
            ..Bodies::default()
        };
        let siblings = self.companion(&bodies, false);
        let objects = self.objects_of_nobody();
        quote!(#siblings #objects)
    }

    /// What objects would be asked for of a type of which there are none. The slice itself has nothing
    /// else: the rest is for types with a size.
    pub(crate) fn objects_of_nobody(&self) -> TokenStream {
        if self.is_dynamic() {
            self.dynamic_items(&Inside::Nobody, false)
        } else {
            TokenStream::new()
        }
    }
}
