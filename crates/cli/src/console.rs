//! The console as the settings of the server have it.

use std::time::Duration;

use vidimus_api::Api;

use crate::{
    args::{ConsoleFile, Span},
    error::Failure,
};

/// Settings of the console.
#[derive(Debug, Default)]
pub(crate) struct Console {
    settings: vidimus_console::Settings,
    #[cfg(feature = "oidc")]
    provider: Option<vidimus_console::oidc::Provider>,
}

impl Console {
    /// As the file says.
    pub(crate) fn of(file: ConsoleFile) -> Result<Self, Failure> {
        let made = vidimus_console::Settings::default();
        let settings = vidimus_console::Settings {
            session_lifetime: time("session_lifetime", file.session_lifetime, made.session_lifetime)?,
            session_idle: time("session_idle", file.session_idle, made.session_idle)?,
            ..made
        };
        #[cfg(not(feature = "oidc"))]
        if file.oidc.is_some() {
            let reason = "`[console.oidc]`: this `vidimus` was built without OpenID Connect: build it with `--features oidc`, or \
                          leave the table out";
            return Err(invalid(reason.to_owned()));
        }
        #[cfg(feature = "oidc")]
        let provider = file.oidc.map(provider).transpose()?;
        Ok(Self {
            settings,
            #[cfg(feature = "oidc")]
            provider,
        })
    }

    /// The API with the console beside it, which asks it as every other client does.
    pub(crate) fn beside(self, api: Api) -> Api {
        let asked = vidimus_api::router(api.clone());
        #[cfg(feature = "oidc")]
        if let Some(provider) = self.provider {
            return api.with_pages(vidimus_console::router_with_provider(asked, self.settings, provider));
        }
        api.with_pages(vidimus_console::router(asked, self.settings))
    }
}

fn time(name: &str, given: Option<Span>, made: Duration) -> Result<Duration, Failure> {
    match given {
        Some(Span(Duration::ZERO)) => {
            Err(invalid(format!("`{name}` of `[console]` is no time at all: give it one like `12h`")))
        }
        given => Ok(given.map_or(made, |Span(time)| time)),
    }
}

fn invalid(message: String) -> Failure {
    Failure::usage("config_invalid", message)
}

#[cfg(feature = "oidc")]
fn provider(file: crate::args::OidcFile) -> Result<vidimus_console::oidc::Provider, Failure> {
    let client_secret = file.client_secret_file.map(|path| {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let path = path.display();
            invalid(format!("`client_secret_file` of `[console.oidc]`: cannot read `{path}` ({error}): check the path and its permissions"))
        });
        text.map(|text| text.trim().to_owned())
    });
    let text = |given: Option<String>, made: &str| given.unwrap_or_else(|| made.to_owned());
    let scopes = || ["email", "profile"].map(str::to_owned).to_vec();
    let settings = vidimus_console::oidc::Settings {
        issuer: file.issuer,
        client_id: file.client_id,
        client_secret: client_secret.transpose()?,
        address: file.address,
        label: text(file.label, "OpenID Connect"),
        scopes: file.scopes.unwrap_or_else(scopes),
        name_claim: text(file.name_claim, "email"),
        groups_claim: text(file.groups_claim, "groups"),
        tenant: file.tenant,
        roles: file.roles,
    };
    vidimus_console::oidc::Provider::new(settings)
        .map_err(|reason| invalid(format!("`[console.oidc]`: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    const OIDC: &str = r#"
        [oidc]
        issuer = "https://login.example.org"
        client_id = "vidimus"
        address = "https://vidimus.example.org"
        tenant = "acme"
        roles = { reviewers = ["approver"] }
    "#;

    fn console(text: &str) -> Result<Console, String> {
        let refused = |failure: Failure| {
            assert_eq!((failure.kind, &*failure.code), (Kind::Usage, "config_invalid"));
            failure.message
        };
        Console::of(toml::from_str(text).unwrap()).map_err(refused)
    }

    #[test]
    fn sessions_last_as_the_file_says() {
        let settings = console("session_lifetime = \"8h\"\nsession_idle = \"5m\"").unwrap().settings;
        assert_eq!((settings.session_lifetime.as_secs(), settings.session_idle.as_secs()), (28_800, 300));
        let settings = console("").unwrap().settings;
        assert_eq!((settings.session_lifetime.as_secs(), settings.session_idle.as_secs()), (43_200, 3600));
        assert!(console("session_idle = \"0s\"").unwrap_err().starts_with("`session_idle` of `[console]`"));
    }

    #[cfg(feature = "oidc")]
    #[test]
    fn a_provider_is_as_the_file_says_and_its_faults_are_told_before_the_start() {
        assert!(console("").unwrap().provider.is_none());
        let file = tempfile::NamedTempFile::new().unwrap();
        let with_secret = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            console(&format!("{OIDC}\nclient_secret_file = {:?}", file.path()))
        };
        assert!(
            console(OIDC).unwrap().provider.is_some() && with_secret("s3cret\n").unwrap().provider.is_some()
        );
        assert!(with_secret("\n").unwrap_err().contains("the client's secret is empty"));
        let missing = console(&format!("{OIDC}\nclient_secret_file = \"/nowhere/at/all\"")).unwrap_err();
        assert!(missing.contains("cannot read `/nowhere/at/all`"), "{missing}");
        let unsafe_ = console(&OIDC.replace("https://login", "http://login")).unwrap_err();
        assert!(unsafe_.starts_with("`[console.oidc]`: `http://login.example.org` in `issuer`"), "{unsafe_}");
        assert!(console(&OIDC.replace("[\"approver\"]", "[]")).unwrap_err().contains("gives nobody a role"));
    }

    #[cfg(not(feature = "oidc"))]
    #[test]
    fn what_was_not_built_in_is_refused() {
        assert!(console(OIDC).unwrap_err().contains("build it with `--features oidc`"));
    }
}
