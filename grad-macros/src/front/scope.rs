//! Names to values: inner scopes, shadowing, and the current value of each variable.

use std::collections::HashMap;

use super::Operand;

/// One declared variable; shadowing makes a new one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Local(usize);

impl Local {
    /// Whether it was declared when there were so many variables.
    pub(super) fn is_before(self, count: usize) -> bool {
        self.0 < count
    }
}

/// Variables in scope and what they hold now.
#[derive(Default)]
pub(super) struct Locals {
    scopes: Vec<HashMap<String, Local>>,
    names: Vec<(String, bool)>,
    holds: Vec<Option<Operand>>,
    /// Variables whose assignment is noted.
    watched: Vec<Local>,
    changed: bool,
}

impl Locals {
    pub(super) fn enter(&mut self) {
        self.scopes.push(HashMap::new());
    }

    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Declares a variable that no source name reaches.
    pub(super) fn hidden(&mut self, name: &str) -> Local {
        self.hidden_as(name, true)
    }

    /// As [`Self::hidden`], with the mutability of the variable it stands for.
    pub(super) fn hidden_as(&mut self, name: &str, mutable: bool) -> Local {
        self.names.push((name.to_owned(), mutable));
        self.holds.push(None);
        Local(self.names.len() - 1)
    }

    /// The names in scope.
    pub(super) fn scopes(&self) -> Vec<HashMap<String, Local>> {
        self.scopes.clone()
    }

    /// Looks names up in other scopes from here on; gives those before.
    pub(super) fn swap_scopes(
        &mut self,
        scopes: Vec<HashMap<String, Local>>,
    ) -> Vec<HashMap<String, Local>> {
        std::mem::replace(&mut self.scopes, scopes)
    }

    pub(super) fn is_mutable(&self, local: Local) -> bool {
        self.names.get(local.0).is_some_and(|(_, mutable)| *mutable)
    }

    /// Declares a variable; `None` is `let x;`.
    pub(super) fn declare(&mut self, name: &str, mutable: bool, operand: Option<Operand>) -> Local {
        let mutable = mutable || operand.is_none();
        self.names.push((name.to_owned(), mutable));
        self.holds.push(operand);
        let local = Local(self.names.len() - 1);
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), local);
        }
        local
    }

    pub(super) fn find(&self, name: &str) -> Option<Local> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.get(name).copied())
    }

    pub(super) fn get(&self, name: &str) -> Option<Operand> {
        self.current(self.find(name)?)
    }

    pub(super) fn current(&self, local: Local) -> Option<Operand> {
        self.holds.get(local.0)?.clone()
    }

    pub(super) fn set(&mut self, local: Local, operand: Operand) {
        if let Some(slot) = self.holds.get_mut(local.0) {
            // Where branches meet, every variable is set, to what it was if neither set it.
            self.changed |= self.watched.contains(&local) && *slot != Some(operand.clone());
            *slot = Some(operand);
        }
    }

    /// Notes from here on whether the variable in scope under the name is assigned.
    pub(super) fn watch(&mut self, name: &str) {
        self.watched.extend(self.find(name));
    }

    /// Whether a variable that is watched was assigned.
    pub(super) fn any_changed(&self) -> bool {
        self.changed
    }

    pub(super) fn name(&self, local: Local) -> &str {
        self.names.get(local.0).map_or("", |(name, _)| name)
    }

    /// What every variable holds, to come back to.
    pub(super) fn snapshot(&self) -> Vec<Option<Operand>> {
        self.holds.clone()
    }

    /// Goes back to a snapshot; variables declared since hold nothing.
    pub(super) fn restore(&mut self, snapshot: &[Option<Operand>]) {
        for (k, slot) in self.holds.iter_mut().enumerate() {
            *slot = snapshot.get(k).cloned().flatten();
        }
    }

    /// The variables of a snapshot that may be assigned.
    pub(super) fn assignable(&self, count: usize) -> Vec<Local> {
        (0..count)
            .filter(|k| self.names.get(*k).is_some_and(|(_, mutable)| *mutable))
            .map(Local)
            .collect()
    }

    pub(super) fn held(snapshot: &[Option<Operand>], local: Local) -> Option<Operand> {
        snapshot.get(local.0).cloned().flatten()
    }
}
