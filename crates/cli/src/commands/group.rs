//! `vidimus group`

use vidimus_api_types::{Group, SetGroup};

use crate::{
    args::{self, Global},
    error::Failure,
    output::{Output, cut},
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Group, output: Output) -> Result<(), Failure> {
    match command {
        args::Group::Set { group, members } => {
            let source = Source::create(global, "group set", None).await?;
            let set = source.set_group(&group, SetGroup { members }).await?;
            output.show(&set, |group| {
                let before = if group.already == Some(true) { "was already" } else { "is now" };
                format!("{} {before} {} (position {})", group.group, members_of(group), group.position)
            })
        }
        args::Group::List => {
            let groups = Source::open(global, "group list").await?.groups().await?.items;
            output.show(&groups, |groups| {
                if groups.is_empty() {
                    return "there are no groups; `vidimus group set` makes one".to_owned();
                }
                let rows = groups.iter().map(|group| vec![group.group.clone(), cut(&members_of(group), 200)]);
                Output::table(&["Group", "Members"], rows)
            })
        }
    }
}

fn members_of(group: &Group) -> String {
    if group.members.is_empty() {
        return "nobody".to_owned();
    }
    group.members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
