"""Approves refunds of at most 50 and leaves the rest to people.  VIDIMUS_KEY=... python intervene.py TENANT"""
import asyncio
import json
import os
import sys

import nats


def small_refund(request):
    if request["function"] != "shop.refund" or request["redacted"]:
        return False
    try:
        return 0 < float(str(request["arguments"]["amount"])) <= 50  # a number or a text
    except (KeyError, ValueError):
        return False


async def decide(nc, tenant, request):
    if not small_refund(request):
        return "left to people"
    # With the digest it approves what it saw, and nothing else.
    body = json.dumps({"arguments_digest": request["argumentsDigest"], "comment": "a refund of at most 50"})
    headers = {"Authorization": "Bearer " + os.environ["VIDIMUS_KEY"]}
    subject = f"vidimus.v1.{tenant}.command.approve.{request['executionId']}"
    answer = json.loads((await nc.request(subject, body.encode(), timeout=30, headers=headers)).data)
    if answer.get("status") == 401:  # the key is no good, for nothing of this, until somebody gives another
        sys.exit(f"VIDIMUS_KEY: {answer['code']}")
    if answer.get("retryable"):
        raise nats.errors.Error(answer["code"])
    return answer.get("code", "approved")  # a code like already_accepted: somebody else was faster


async def main(tenant):
    nc = await nats.connect(os.environ.get("VIDIMUS_NATS", "nats://127.0.0.1:4222"))
    required = f"vidimus.v1.{tenant}.tool_execution.*.approval.required"
    durable = await nc.jetstream().pull_subscribe(  # NATS keeps its place, also while nobody reads
        required, durable=f"{tenant}_intervene-py", stream="VIDIMUS_NOTIFICATIONS")
    print(f"watching: {required}", flush=True)
    while True:
        try:
            [message] = await durable.fetch(1, timeout=30)
        except nats.errors.TimeoutError:
            continue
        request = json.loads(message.data)["eventMessage"]["toolExecutionApprovalRequest"]
        try:
            print(f"{await decide(nc, tenant, request)}: {request['executionId']}", flush=True)
        except nats.errors.Error as error:  # nobody there, or no reply: it comes again, and is asked again
            print(f"later: {request['executionId']} {error!r}", flush=True)
            await message.nak(delay=5)
            continue
        await message.ack_sync()  # only now: before the answer a crash would lose it


if len(sys.argv) < 2:
    sys.exit("name the tenant: intervene.py TENANT")
asyncio.run(main(sys.argv[1]))
