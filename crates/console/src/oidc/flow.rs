//! The way to the provider and back.

use std::{error::Error, io, sync::Arc, time::Duration};

use axum::http::StatusCode;
use openidconnect::{
    AdditionalClaims, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, RequestTokenError, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _, UserInfoClaims, UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
        CoreIdTokenVerifier, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
        CoreProviderMetadata, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use vidimus_api_types::SignedIn;

use super::{Begun, Provider, claims::Claims, http::may_be_asked};
use crate::{ask::Refused, fields::Fields};

/// How long what a provider says of itself is believed: keys that it withdraws are not trusted for longer.
const KNOWN_FOR: Duration = Duration::from_secs(3600);
/// How long it is left alone after it could not be asked, or was asked for keys that it did not have before.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(5);

/// Claims that OpenID Connect itself does not name: groups, for one.
#[derive(Debug, Deserialize, Serialize)]
struct Others {
    #[serde(flatten)]
    all: Claims,
}

impl AdditionalClaims for Others {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Others,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// The console as the provider's client, with what the provider said of itself.
type OidcClient = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What came of asking the provider about itself.
pub(super) struct Known {
    at: Instant,
    client: Result<Arc<OidcClient>, Refused>,
}

impl Known {
    /// `anew`: for keys that it did not have then.
    fn is_good(&self, anew: bool) -> bool {
        let good_for = if anew || self.client.is_err() { LEFT_ALONE_FOR } else { KNOWN_FOR };
        self.at.elapsed() < good_for
    }
}

impl Provider {
    /// Begins a sign-in: where the browser is to go, and the `state` that it comes back with.
    pub(crate) async fn begin(
        &self,
        back: String,
        before: Option<String>,
    ) -> Result<(String, String), Refused> {
        let client = self.client(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .add_scopes(self.0.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        let state = state.into_secret();
        self.0.pending.hold(&state, Begun { verifier, nonce, back, before });
        Ok((address.into(), state))
    }

    /// Ends a sign-in with the provider's answer: who it is.
    pub(crate) async fn finish(&self, answer: &Fields, begun: Begun) -> Result<SignedIn, Refused> {
        let code = self.code(answer)?;
        // Each is a request to the provider, and anybody may ask for one with a code that is none.
        let Ok(_turn) = self.0.turns.try_acquire() else {
            let detail = format!(
                "too many people sign in with {} at this moment: try again in some seconds",
                self.label()
            );
            return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, "sign_in_busy", detail));
        };
        let client = self.client(false).await?;
        let request = client.exchange_code(code).map_err(|error| self.failed(&error))?;
        let tokens: Tokens = request
            .set_pkce_verifier(begun.verifier)
            .request_async(&self.0.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => self.unavailable(&error),
                // What could not be read may have a token in it: where that is, is enough.
                RequestTokenError::Parse(error, _) => {
                    self.failed(&io::Error::other(format!("`{}` of the tokens cannot be read", error.path())))
                }
                error => self.failed(&error),
            })?;
        let Some(token) = tokens.id_token() else {
            return Err(self.failed(&io::Error::other("there is no ID token: ask for the scope `openid`")));
        };
        let checked = match token.claims(&verifier(&client), &begun.nonce) {
            // It may have been signed with a key that is newer than what is known.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                token.claims(&verifier(&*self.client(true).await?), &begun.nonce)
            }
            checked => checked,
        };
        let checked = checked.map_err(|error| self.failed(&error))?;
        // OpenID Connect Core, 3.1.3.7: the library leaves this to us.
        if checked.authorized_party().is_some_and(|party| *party != self.0.client_id) {
            return Err(self.failed(&io::Error::other("the ID token was made for another client (`azp`)")));
        }
        let mut claims = self.claims(checked)?;
        if self.0.rules.lack(&claims) && client.user_info_url().is_some() {
            let subject = Some(checked.subject().clone());
            let request = client.user_info(tokens.access_token().clone(), subject);
            let request = request.map_err(|error| self.failed(&error))?;
            let more: UserInfoClaims<Others, CoreGenderClaim> =
                request.request_async(&self.0.http).await.map_err(|error| match error {
                    UserInfoError::Request(error) => self.unavailable(&error),
                    error => self.failed(&error),
                })?;
            claims = self.0.rules.with(claims, self.claims(&more)?);
        }
        self.0.rules.signed_in(&claims)
    }

    /// The code in the provider's answer.
    fn code(&self, answer: &Fields) -> Result<AuthorizationCode, Refused> {
        let (label, issuer) = (self.label(), self.0.issuer.as_str());
        // RFC 9207: the answer of another provider than the one that was asked.
        if answer.get("iss").is_some_and(|from| from != issuer) {
            return Err(self.failed(&io::Error::other("the answer is another issuer's")));
        }
        match (answer.get("error"), answer.get("code")) {
            (None, Some(code)) => Ok(AuthorizationCode::new(code.to_owned())),
            (Some("access_denied"), _) => {
                let detail = format!(
                    "{label} did not let you in, or you left there: sign in again, or ask an administrator of {label} for access"
                );
                Err(Refused::new(StatusCode::FORBIDDEN, "sign_in_declined", detail))
            }
            (error, _) => {
                let error = error.unwrap_or("neither code nor error").escape_debug().take(120);
                Err(self.failed(&io::Error::other(error.collect::<String>())))
            }
        }
    }

    /// The console as a client, from what the provider says of itself: known, or asked for now. One asks, the others wait for that.
    async fn client(&self, anew: bool) -> Result<Arc<OidcClient>, Refused> {
        let mut known = self.0.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.is_good(anew)) {
            return known.client.clone();
        }
        let client = match (self.discover().await, known.take()) {
            // What it said before is as good as it was.
            (Err(_), Some(Known { client: Ok(before), .. })) if anew => Ok(before),
            (client, _) => client,
        };
        *known = Some(Known { at: Instant::now(), client: client.clone() });
        client
    }

    async fn discover(&self) -> Result<Arc<OidcClient>, Refused> {
        let shared = &self.0;
        let said = CoreProviderMetadata::discover_async(shared.issuer.clone(), &shared.http).await;
        let said = said.map_err(|error| self.unavailable(&error))?;
        let address = said.authorization_endpoint().url();
        if !may_be_asked(address, shared.http.is_local()) {
            return Err(self.unavailable(&io::Error::other(format!(
                "people would be sent to `{address}`, without https"
            ))));
        }
        let takes =
            |method| said.token_endpoint_auth_methods_supported().is_some_and(|all| all.contains(&method));
        let only_in_body =
            takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let by = if only_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client =
            OidcClient::from_provider_metadata(said, shared.client_id.clone(), shared.client_secret.clone());
        Ok(Arc::new(client.set_redirect_uri(shared.redirect.clone()).set_auth_type(by)))
    }

    fn claims(&self, of: &impl Serialize) -> Result<Claims, Refused> {
        match serde_json::to_value(of) {
            Ok(Value::Object(mut claims)) => {
                claims.retain(|_, claim| !claim.is_null());
                Ok(claims)
            }
            Ok(_) => Err(self.failed(&io::Error::other("the claims are no object"))),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &dyn Error) -> Refused {
        let (issuer, reason) = (self.0.issuer.as_str(), chain(error));
        tracing::warn!(issuer, reason, "a sign-in by OpenID Connect failed");
        let detail = format!(
            "the sign-in with {} could not be completed: sign in again; if that does not help, an operator finds the reason in the \
             server's log",
            self.label()
        );
        Refused::new(StatusCode::BAD_GATEWAY, "sign_in_failed", detail)
    }

    fn unavailable(&self, error: &dyn Error) -> Refused {
        let (issuer, reason) = (self.0.issuer.as_str(), chain(error));
        tracing::warn!(issuer, reason, "the OpenID Connect provider cannot be asked");
        let detail = format!(
            "{} cannot be asked at the moment: try again in some seconds, or sign in with an API key; an operator finds the reason in \
             the server's log",
            self.label()
        );
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, "provider_unavailable", detail)
    }
}

/// Takes what is signed with the provider's published keys: what the client's secret signs, whoever knows that could have made.
fn verifier(client: &OidcClient) -> CoreIdTokenVerifier<'_> {
    use CoreJwsSigningAlgorithm as By;
    client.id_token_verifier().set_allowed_algs([
        By::RsaSsaPkcs1V15Sha256,
        By::RsaSsaPkcs1V15Sha384,
        By::RsaSsaPkcs1V15Sha512,
        By::RsaSsaPssSha256,
        By::RsaSsaPssSha384,
        By::RsaSsaPssSha512,
        By::EcdsaP256Sha256,
        By::EcdsaP384Sha384,
        By::EdDsa,
    ])
}

/// An error with what led to it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
