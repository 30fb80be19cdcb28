//! Finds the `impl` blocks that declare a member of a type.

use std::collections::BTreeMap;

use crate::resolve::{Resolver, Target};
use crate::tree::{ModuleTree, Namespace, Path, ScopeId};

/// The scopes that declare a member, by the scope and name of the type and the member's name.
#[derive(Debug)]
pub(crate) struct Members(BTreeMap<(ScopeId, String, String), Vec<ScopeId>>);

impl Members {
    /// All functions and constants of inherent impls.
    pub(crate) fn of(tree: &ModuleTree, resolver: &mut Resolver<'_>) -> Self {
        let mut members: BTreeMap<_, Vec<ScopeId>> = BTreeMap::new();
        for (scope, read) in tree.scopes() {
            for block in &read.impls {
                let Target::Item { home, name } =
                    resolver.resolve(scope, &block.of, Namespace::Type)
                else {
                    continue;
                };
                for member in &block.members {
                    let key = (home, name.clone(), member.clone());
                    members.entry(key).or_default().push(scope);
                }
            }
        }
        Self(members)
    }

    /// Returns the scopes whose `impl` declares the member that `path` names, if it is `Type::member`.
    pub(crate) fn declaring(
        &self,
        resolver: &mut Resolver<'_>,
        scope: ScopeId,
        path: &Path,
    ) -> &[ScopeId] {
        let Some((member, of)) = path.segments.split_last().filter(|(_, of)| !of.is_empty()) else {
            return &[];
        };
        let mut resolve = |segments: &[String]| {
            let path = Path {
                segments: segments.to_vec(),
                ..*path
            };
            resolver.resolve_in(scope, &path, Namespace::Type)
        };
        // A path goes on behind a type without being looked up, so the type must be the last name.
        let around = &of[..of.len() - 1];
        match resolve(of) {
            Target::Item { home, name }
                if around.is_empty() || !matches!(resolve(around), Target::Item { .. }) =>
            {
                let scopes = self.0.get(&(home, name, member.clone()));
                scopes.map_or(&[], Vec::as_slice)
            }
            _ => &[],
        }
    }
}
