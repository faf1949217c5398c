"""Prints what happens to a tenant's calls: position, step, execution, agent, and the function where it is to be approved.

    python monitor.py TENANT [AFTER]     # what is on the stream after that position, then what comes
"""
import asyncio
import json
import os
import sys

import nats
from nats.js.api import ConsumerConfig, DeliverPolicy


async def main(tenant, after=0):
    nc = await nats.connect(os.environ.get("VIDIMUS_NATS", "nats://127.0.0.1:4222"))
    subscription = await nc.jetstream().subscribe(
        f"vidimus.v1.{tenant}.tool_execution.>", stream="VIDIMUS_NOTIFICATIONS", ordered_consumer=True,
        config=ConsumerConfig(deliver_policy=DeliverPolicy.ALL))
    async for message in subscription.messages:
        position = int(message.headers["Vidimus-Position"])
        if position <= after:  # positions rise on the stream: this one was seen
            continue
        after = position
        execution, step = message.subject.split(".", 5)[4:]
        event = json.loads(message.data)["eventMessage"]
        request = event["toolExecutionApprovalRequest"]
        function = request["function"] if request else ""
        print(f"{position:>8}  {step:<21}  {execution}  {event['agent']}  {function}".rstrip(), flush=True)


if len(sys.argv) < 2:
    sys.exit("name the tenant: monitor.py TENANT [AFTER]")
asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:3])))
