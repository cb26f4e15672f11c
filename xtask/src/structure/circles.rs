//! Files that depend on each other in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rust_modules::Edges;

/// Groups of files each of which is reached from each other one; the largest first.
pub fn groups(edges: &Edges) -> Vec<BTreeSet<String>> {
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        after.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = after.keys().map(|&from| (from, reach(&after, from))).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut groups = Vec::new();
    for (&file, own) in &reached {
        if done.contains(file) || !own.contains(file) {
            continue;
        }
        let group: BTreeSet<&str> = own
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        done.extend(&group);
        groups.push(group.into_iter().map(str::to_owned).collect::<BTreeSet<String>>());
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

fn reach<'a>(after: &BTreeMap<&'a str, Vec<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<&str> = after.get(from).into_iter().flatten().copied().collect();
    while let Some(file) = queue.pop_front() {
        if let Some((&known, next)) = after.get_key_value(file)
            && seen.insert(known)
        {
            queue.extend(next);
        }
    }
    seen
}

/// A group in lines: its files, and every edge inside it with the name that makes it.
pub fn report(group: &BTreeSet<String>, edges: &Edges) -> Vec<String> {
    let mut lines = vec![format!("circle of {} files", group.len())];
    for ((from, to), name) in edges {
        if group.contains(from) && group.contains(to) {
            lines.push(format!("    {from} -> {to} by {name}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_circle_is_found_and_a_fork_is_none() {
        let edges: Edges = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "d"), ("c", "d"), ("d", "e")]
            .into_iter()
            .map(|(from, to)| ((from.to_owned(), to.to_owned()), "name".to_owned()))
            .collect();
        let groups = groups(&edges);
        assert_eq!(groups.len(), 1);
        assert_eq!(
            groups[0].iter().map(String::as_str).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(report(&groups[0], &edges).len(), 1 + 3);
    }
}
