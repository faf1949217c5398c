//! `vidimus policy`

mod check;
mod shown;

use std::process::ExitCode;

use vidimus_api_types::{ApplyPolicy, ClearPolicy, EndShadow, ShadowPolicy};
use vidimus_policy::{PolicySet, PolicySource};

use super::{explanation, policy_replay};
use crate::{
    args::{self, Former, Global, SetName},
    error::Failure,
    files,
    output::Output,
    source::Source,
};

pub(super) async fn run(global: &Global, command: args::Policy, output: Output) -> Result<ExitCode, Failure> {
    use args::Policy as P;
    match command {
        P::Schema => output.show(&vidimus_policy::schema_text(), |text| (*text).to_owned())?,
        P::Validate { set } => check::validate(&set, output)?,
        P::Test { set, cases } => return check::test(&set, &cases, output),
        P::Apply { set, reason, expect_former } => {
            // Whatever is wrong with it is said before anything is opened.
            let files = files::policy_set(&set)?.source().files().clone();
            let expected_former = expect_former.map(|Former(digest)| digest);
            let source = Source::create(global, "policy apply", None).await?;
            let applied = source.apply_policy(ApplyPolicy { files, expected_former, reason }).await?;
            output.show(&applied, shown::applied)?;
        }
        P::Show { set } => show(global, set, output).await?,
        P::Diff { before, after } => {
            let (before, after) = (set(global, before).await?, set(global, after).await?);
            output.show(&vidimus_policy::diff(&before, &after), shown::difference)?;
        }
        P::Explain { execution } => {
            let explained = Source::open(global, "policy explain").await?.explanation(execution).await?;
            output.show(&explained, explanation::people)?;
        }
        P::History => {
            let history = Source::open(global, "policy history").await?.policy_history().await?.items;
            output.show(&history, |history| shown::history(history))?;
        }
        P::Shadow { set: Some(set), reason, .. } => {
            let files = files::policy_set(&set)?.source().files().clone();
            let source = Source::create(global, "policy shadow", None).await?;
            let shadowed = source.shadow_policy(ShadowPolicy { files, reason }).await?;
            output.show(&shadowed, shown::shadowed)?;
        }
        P::Shadow { set: None, reason, .. } => {
            let source = Source::open(global, "policy shadow").await?;
            output.show(&source.end_shadow(EndShadow { reason }).await?, shown::shadowed)?;
        }
        P::Clear { reason, expect_former } => {
            let expected_former = expect_former.map(|Former(digest)| digest);
            let source = Source::open(global, "policy clear").await?;
            let cleared = source.clear_policy(ClearPolicy { expected_former, reason }).await?;
            output.show(&cleared, shown::applied)?;
        }
        P::Replay(args) => return policy_replay::replay(global, *args, output).await,
        P::Cases(args) => policy_replay::cases(global, args, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(global: &Global, set: Option<SetName>, output: Output) -> Result<(), Failure> {
    let stored = match set {
        None => {
            let policy = Source::open(global, "policy show").await?.policy().await?;
            return output.show(&policy, shown::policy);
        }
        Some(SetName::Directory(directory)) => {
            return output
                .show(files::policy_set(&directory)?.source(), |source| shown::files(source.files()));
        }
        Some(SetName::Stored(digest)) => {
            Source::open(global, "policy show").await?.policy_set(&digest).await?
        }
        Some(SetName::Active) => {
            let source = Source::open(global, "policy show").await?;
            let digest = active(&source).await?;
            source.policy_set(&digest).await?
        }
    };
    output.show(&stored, |stored| shown::files(&stored.files))
}

/// The digest of the set in force.
async fn active(source: &Source) -> Result<vidimus_api_types::Digest, Failure> {
    source.policy().await?.policy_set.ok_or_else(|| {
        let message = "no policy set is in force; `vidimus policy apply` puts one into force";
        Failure::not_found("policy_set_not_found", message)
    })
}

/// The set by a name, ready.
async fn set(global: &Global, name: SetName) -> Result<PolicySet, Failure> {
    let stored = match name {
        SetName::Directory(directory) => return files::policy_set(&directory),
        SetName::Stored(digest) => Source::open(global, "policy diff").await?.policy_set(&digest).await?,
        SetName::Active => {
            let source = Source::open(global, "policy diff").await?;
            let digest = active(&source).await?;
            source.policy_set(&digest).await?
        }
    };
    let unusable = |code: &'static str, error: &dyn std::fmt::Display| {
        let message = format!("policy set `{}` cannot be used by this program: {error}", stored.policy_set);
        Failure::refused(code, message)
    };
    let source = PolicySource::new(stored.files.clone()).map_err(|error| unusable(error.code(), &error))?;
    PolicySet::parse(&source).map_err(|errors| unusable(errors.code(), &errors))
}
