// The AWS SDK for JavaScript as a client of a running stream, by each of its ways to speak HTTP.
//
//     node kinesis_sdk.mjs SERVER
//
// What was found goes to standard output (browser/report.mjs). For https the environment says whom to trust
// (NODE_EXTRA_CA_CERTS).

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import http2 from "node:http2";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  ResourceNotFoundException,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { check, exitCode } from "./browser/report.mjs";

const [endpoint] = process.argv.slice(2);
const RECORDS = 500;
const SHARD = "shardId-000000000000";

let sessions = 0;
const connect = http2.connect;
http2.connect = (...args) => {
  sessions++;
  return connect(...args);
};

/** All records of the stream, by GetRecords. */
async function readAll(client, StreamName) {
  let { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamName, ShardId: SHARD, ShardIteratorType: "TRIM_HORIZON" }));
  const records = [];
  for (;;) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 300 }));
    if (page.Records.length === 0) {
      assert.equal(page.MillisBehindLatest, 0);
      return records;
    }
    records.push(...page.Records);
    ShardIterator = page.NextShardIterator;
  }
}

const put = (client, StreamName, contents) =>
  client.send(new PutRecordsCommand({ StreamName, Records: contents.map((Data, i) => ({ Data, PartitionKey: `key-${i}-é` })) }));

/** Same data and keys, in the same order. */
function same(records, contents) {
  assert.equal(records.length, contents.length);
  records.forEach((record, i) => {
    assert.deepEqual(Buffer.from(record.Data), contents[i]);
    assert.equal(record.PartitionKey, `key-${i}-é`);
    assert.ok(Math.abs(Date.now() - record.ApproximateArrivalTimestamp) < 600_000, `arrived ${record.ApproximateArrivalTimestamp}`);
  });
}

async function checks(name, options) {
  const client = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "thing" },
    ...options,
  });
  const StreamName = `sdk-${name.replaceAll(/\W/g, "-")}`;
  const contents = Array.from({ length: RECORDS }, (_, i) => randomBytes(i % 300));

  await check(`${name}: PutRecords and GetRecords`, async () => {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    const out = await put(client, StreamName, contents);
    assert.equal(out.FailedRecordCount, 0);
    assert.equal(new Set(out.Records.map((r) => r.SequenceNumber)).size, RECORDS);
    same(await readAll(client, StreamName), contents);
  });

  await check(`${name}: many calls at once`, async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => client.send(new DescribeStreamSummaryCommand({ StreamName }))));
    assert.ok(all.every((one) => one.StreamDescriptionSummary.OpenShardCount === 1));
  });

  await check(`${name}: SubscribeToShard`, async () => {
    const { StreamDescriptionSummary: stream } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    const { Consumer } = await client.send(new RegisterStreamConsumerCommand({ StreamARN: stream.StreamARN, ConsumerName: "reader" }));
    const { EventStream } = await client.send(
      new SubscribeToShardCommand({ ConsumerARN: Consumer.ConsumerARN, ShardId: SHARD, StartingPosition: { Type: "TRIM_HORIZON" } }),
    );
    const records = [];
    for await (const { SubscribeToShardEvent: event } of EventStream) {
      assert.ok(event.ContinuationSequenceNumber);
      records.push(...event.Records);
      if (records.length === RECORDS) await put(client, StreamName, [Buffer.from("one more")]);
      if (records.length > RECORDS) break;
    }
    assert.equal(Buffer.from(records.pop().Data).toString(), "one more");
    same(records, contents);
  });

  await check(`${name}: an error is the SDK's own`, async () => {
    await client.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
    await assert.rejects(client.send(new DescribeStreamSummaryCommand({ StreamName })), ResourceNotFoundException);
  });
  client.destroy();
}

await checks("HTTP/2, the SDK's default", {});
await check("the default is HTTP/2", () => assert.ok(sessions > 0));
const before = sessions;
await checks("HTTP/1.1", { requestHandler: new NodeHttpHandler() });
await check("the other is not", () => assert.equal(sessions, before));
process.exitCode = exitCode();
