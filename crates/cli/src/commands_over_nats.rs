//! The commands of the API for whoever asks over NATS.

use std::sync::Arc;

use async_trait::async_trait;
use proto_events::BusCommand;
use vidimus_api::{
    Api,
    commands::{self, Answer, Command, CommandServiceStatus},
};
use vidimus_bus::{CommandReply, CommandRequest, CommandService, Commands, ServiceOptions, ServiceStatus};

/// The one knows of no bus and the other of no API: here they meet.
struct CommandsOverNats(commands::Commands);

#[async_trait]
impl Commands for CommandsOverNats {
    fn route(&self, command: BusCommand) -> (&'static str, &'static str) {
        commands::route(command)
    }

    async fn answer(&self, request: CommandRequest) -> CommandReply {
        let CommandRequest { tenant, command, execution, headers, body } = request;
        let Answer { status, code, headers, body } =
            self.0.answer(Command { tenant, command, execution, headers, body }).await;
        CommandReply { status, code, headers, body }
    }
}

/// The service of `api`, which says how it stands.
pub(crate) fn service(api: Api, options: ServiceOptions) -> (Api, CommandService) {
    let commands = CommandsOverNats(commands::Commands::new(api.clone()));
    let service = CommandService::new(Arc::new(commands), options);
    let asked = service.clone();
    (api.with_command_service(Arc::new(move || status(asked.status()))), service)
}

fn status(status: ServiceStatus) -> CommandServiceStatus {
    let ServiceStatus { serving, trouble, in_flight, overloaded, .. } = status;
    let code = trouble.map(|trouble| trouble.code);
    CommandServiceStatus { serving, code, in_flight: in_flight as u64, overloaded }
}
