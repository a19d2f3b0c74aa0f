/** What a client asks before anything else: what this server can do, and who the leader is. */
import { randomUUID } from 'node:crypto';
import { status, type handleUnaryCall } from '@grpc/grpc-js';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { UUID, type Empty } from '@eventstore/db-client/generated/shared_pb';
import type { Node } from './node';
import { refusal } from './wire';

/** A node as the gossip of this one shows it. */
export interface Member {
  readonly address: string;
  readonly port: number;
  readonly state: 'leader' | 'follower';
  readonly isAlive: boolean;
}

const STREAMS = 'event_store.client.streams.streams';

const METHODS: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  [STREAMS, 'read', ['position', 'events']],
  [STREAMS, 'append', []],
  [STREAMS, 'delete', []],
  [STREAMS, 'tombstone', []],
  [STREAMS, 'batchappend', ['deadline_duration']],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
];

export function featuresService(node: Node): handleUnaryCall<Empty, SupportedMethods> {
  return (call, answer) => {
    node.calls.features++;
    const fault = node.faults.atTheDoor('features', call.metadata);
    if (fault === 'unanswered') return;
    if (fault) return answer(fault);
    const methods = METHODS.map(([service, method, features]) =>
      new SupportedMethod()
        .setServiceName(service)
        .setMethodName(method)
        .setFeaturesList([...features]),
    );
    answer(null, new SupportedMethods().setEventStoreServerVersion('23.10.8').setMethodsList(methods));
  };
}

export function gossipService(node: Node, members: () => readonly Member[]): handleUnaryCall<Empty, ClusterInfo> {
  return (call, answer) => {
    node.calls.gossip++;
    if (node.faults.take('no-discovery', 'gossip')) return answer(refusal(status.UNAVAILABLE, 'Server Is Not Ready'));
    const fault = node.faults.atTheDoor('gossip', call.metadata);
    if (fault === 'unanswered') return;
    if (fault) return answer(fault);
    answer(null, new ClusterInfo().setMembersList(members().map(memberInfo)));
  };
}

function memberInfo({ address, port, state, isAlive }: Member): MemberInfo {
  const { LEADER, FOLLOWER } = MemberInfo.VNodeState;
  return new MemberInfo()
    .setInstanceId(new UUID().setString(randomUUID()))
    .setTimeStamp((BigInt(Date.now()) * 10_000n).toString())
    .setState(state === 'leader' ? LEADER : FOLLOWER)
    .setIsAlive(isAlive)
    .setHttpEndPoint(new EndPoint().setAddress(address).setPort(port));
}
