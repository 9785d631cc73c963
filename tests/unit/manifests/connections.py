"""What network policies allow: who may call whom, as a plug-in that enforces them would decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from tests.manifests.render import Manifest


@dataclass(frozen=True)
class Peer:
    """One end of a connection: a pod of a namespace, or an address outside of the cluster.

    Attributes:
        labels: the pod's.
        namespace: its namespace; ``mnist`` is the one the policies are in.
        address: of something that is no pod.
        ports: the pod's ports by name.
    """

    labels: dict[str, str] = field(default_factory=dict)
    namespace: str = "mnist"
    address: str = ""
    ports: dict[str, int] = field(default_factory=dict)


def pod(workload: Manifest) -> Peer:
    """A pod of a workload."""
    spec = workload["spec"].get("jobTemplate", workload)["spec"]
    template = spec["template"]
    ports = {
        port["name"]: port["containerPort"]
        for container in template["spec"]["containers"]
        for port in container.get("ports", [])
    }
    return Peer(template["metadata"]["labels"], ports=ports)


def allowed(
    policies: Iterable[Manifest], source: Peer, target: Peer, port: int, protocol: str = "TCP"
) -> bool:
    """Whether a connection is let out of its source and into its target."""
    specs = [policy["spec"] for policy in policies]
    return _side(specs, "egress", source, target, target, port, protocol) and _side(
        specs, "ingress", target, source, target, port, protocol
    )


def _side(
    specs: list[Any], way: str, judged: Peer, other: Peer, target: Peer, port: int, protocol: str
) -> bool:
    if judged.address or judged.namespace != "mnist":
        return True
    applying = [
        spec
        for spec in specs
        if way.capitalize() in spec["policyTypes"] and selects(spec["podSelector"], judged.labels)
    ]
    if not applying:
        return True
    key = "to" if way == "egress" else "from"
    return any(
        _peer_fits(rule.get(key), other) and _port_fits(rule.get("ports"), target, port, protocol)
        for spec in applying
        for rule in spec.get(way, [])
    )


def _peer_fits(peers: list[Any] | None, other: Peer) -> bool:
    return peers is None or any(_fits(peer, other) for peer in peers)


def _fits(peer: Any, other: Peer) -> bool:  # noqa: ANN401 - a part of a manifest
    if "ipBlock" in peer:
        if not other.address:
            return False
        block = peer["ipBlock"]
        address = ip_address(other.address)
        outside = not any(address in ip_network(network) for network in block.get("except", []))
        return address in ip_network(block["cidr"]) and outside
    if other.address:
        return False
    named = {"kubernetes.io/metadata.name": other.namespace}
    in_namespace = (
        selects(peer["namespaceSelector"], named)
        if "namespaceSelector" in peer
        else other.namespace == "mnist"
    )
    return in_namespace and selects(peer.get("podSelector", {}), other.labels)


def _port_fits(ports: list[Any] | None, target: Peer, port: int, protocol: str) -> bool:
    return ports is None or any(
        target.ports.get(str(each["port"]), each["port"]) == port and each.get("protocol", "TCP") == protocol
        for each in ports
    )


def selects(selector: Any, labels: dict[str, str]) -> bool:  # noqa: ANN401 - a part of a manifest
    """Whether a selector takes these labels; an empty one takes all."""
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    return all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", []))
