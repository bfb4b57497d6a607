"""A stand-in for Terraform's google provider, so that real Terraform validates and plans without the real one.

It speaks Terraform's plugin protocol 6 as far as planning goes, and knows which arguments and blocks a resource
has, but not what they may hold: Terraform itself evaluates every expression, condition and reference, and refuses
what no resource has. What the real provider would know only after applying (an e-mail address, a URI) has the form
here that Google gives it, so that a plan says who may do what.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, TypeAlias

import grpc
import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["PROJECT_NUMBER", "StandInProvider"]

PROJECT_NUMBER: Final = "123456789012"
"""Number of the project that every plan is for."""

Schema: TypeAlias = Mapping[str, tuple[bool, "Schema | None"]]
"""Argument or block -> whether it is required, and the schema inside of a block."""

_PACKAGE: Final = "tfplugin6"
_SCHEMA_MAP: Final = {"provider": 1, "resource_schemas": 2, "data_source_schemas": 3}
_LIST: Final = 2  # nesting of blocks
_ERROR: Final = 1  # severity

# Message -> field -> (number, type); a message's name as type, a star for repeated. Only what planning needs.
_MESSAGES: Final[Mapping[str, Mapping[str, tuple[int, str]]]] = {
    "Empty": {},
    "DynamicValue": {"msgpack": (1, "bytes"), "json": (2, "bytes")},
    "Diagnostic": {"severity": (1, "int32"), "summary": (2, "string"), "detail": (3, "string")},
    "Attribute": {
        "name": (1, "string"),
        "type": (2, "bytes"),
        "required": (4, "bool"),
        "optional": (5, "bool"),
        "computed": (6, "bool"),
    },
    "NestedBlock": {
        "type_name": (1, "string"),
        "block": (2, "Block"),
        "nesting": (3, "int32"),
        "min_items": (4, "int64"),
    },
    "Block": {"attributes": (2, "Attribute*"), "block_types": (3, "NestedBlock*")},
    "Schema": {"version": (1, "int64"), "block": (2, "Block")},
    "NamedSchema": {"key": (1, "string"), "value": (2, "Schema")},  # an entry of a map
    "Schemas": {
        "provider": (1, "Schema"),
        "resource_schemas": (2, "NamedSchema*"),
        "data_source_schemas": (3, "NamedSchema*"),
    },
    "Diagnosed": {"diagnostics": (1, "Diagnostic*")},
    "PlanRequest": {
        "type_name": (1, "string"),
        "prior_state": (2, "DynamicValue"),
        "proposed_new_state": (3, "DynamicValue"),
        "config": (4, "DynamicValue"),
    },
    "PlanResponse": {"planned_state": (1, "DynamicValue"), "legacy_type_system": (5, "bool")},
    "ReadRequest": {"type_name": (1, "string"), "config": (2, "DynamicValue")},
    "ReadResponse": {"state": (1, "DynamicValue"), "diagnostics": (2, "Diagnostic*")},
}


def _message_classes() -> dict[str, Any]:
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3")
    for name, members in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for member, (number, kind) in members.items():
            repeated, kind = kind.endswith("*"), kind.removesuffix("*")
            field = message.field.add(name=member, number=number)
            field.label = field_type.LABEL_REPEATED if repeated else field_type.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                field.type = getattr(field_type, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = message_factory.GetMessageClassesForFiles([file.name], pool)
    return {name.removeprefix(f"{_PACKAGE}."): made for name, made in found.items()}


_M: Final = _message_classes()


class StandInProvider:
    """The provider as a server on loopback; a context manager.

    Args:
        resources: Type of a resource, without ``google_`` -> its schema.
        computed: Type of a resource -> attribute -> format string over the others, for what Google makes up.
        data_sources: Type of a data source -> attribute -> its value.

    Attributes:
        environment: What makes Terraform use it.
    """

    def __init__(
        self,
        resources: Mapping[str, Schema],
        computed: Mapping[str, Mapping[str, str]],
        data_sources: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._resources = resources
        self._computed = computed
        self._data_sources = data_sources
        self._server = grpc.server(ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers([self._handlers()])
        port = self._server.add_insecure_port("127.0.0.1:0")
        attach = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,  # Terraform leaves the process alone
            "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
        }
        self.environment = {
            "TF_REATTACH_PROVIDERS": json.dumps({"registry.terraform.io/hashicorp/google": attach})
        }

    def __enter__(self) -> StandInProvider:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=0).wait()

    def _handlers(self) -> grpc.GenericRpcHandler:
        diagnosed = _M["Diagnosed"]
        methods = {
            "GetProviderSchema": (_M["Empty"], self._schemas),
            "ValidateProviderConfig": (_M["Empty"], lambda request, context: diagnosed()),
            "ConfigureProvider": (_M["Empty"], lambda request, context: diagnosed()),
            "ValidateResourceConfig": (_M["Empty"], lambda request, context: diagnosed()),
            "ValidateDataResourceConfig": (_M["Empty"], lambda request, context: diagnosed()),
            "PlanResourceChange": (_M["PlanRequest"], self._plan),
            "ReadDataSource": (_M["ReadRequest"], self._read),
        }
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(
                handle, request_deserializer=request.FromString, response_serializer=_serialized
            )
            for name, (request, handle) in methods.items()
        }
        return grpc.method_handlers_generic_handler(f"{_PACKAGE}.Provider", handlers)

    def _schemas(self, request: Any, context: grpc.ServicerContext) -> Any:
        schemas = _M["Schemas"]()
        schemas.provider.block.attributes.extend(_attribute(name) for name in ("project", "region", "zone"))
        for kind, schema in self._resources.items():
            made = schemas.resource_schemas.add(key=f"google_{kind}")
            made.value.block.CopyFrom(_block(schema, self._computed.get(kind, {})))
        for kind, values in self._data_sources.items():
            made = schemas.data_source_schemas.add(key=f"google_{kind}")
            made.value.block.attributes.extend(_attribute(name, computed=True) for name in values)
        return schemas

    def _plan(self, request: Any, context: grpc.ServicerContext) -> Any:
        planned = msgspec.msgpack.decode(request.proposed_new_state.msgpack)
        if planned is not None:
            known = {name: _plain(value) for name, value in planned.items()}
            kind = request.type_name.removeprefix("google_")
            for name, form in self._computed.get(kind, {}).items():
                if planned.get(name) is None:
                    known[name] = made = form.format_map(_Known(known))
                    planned[name] = [b'"string"', made] if name in self._resources[kind] else made
        response = _M["PlanResponse"](legacy_type_system=True)
        response.planned_state.msgpack = msgspec.msgpack.encode(planned)
        return response

    def _read(self, request: Any, context: grpc.ServicerContext) -> Any:
        state = msgspec.msgpack.decode(request.config.msgpack)
        for name, value in self._data_sources[request.type_name.removeprefix("google_")].items():
            if state.get(name) is None:
                state[name] = value
        response = _M["ReadResponse"]()
        response.state.msgpack = msgspec.msgpack.encode(state)
        return response


class _Known(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return f"<{name}>"


def _plain(value: Any) -> Any:
    """Returns a value without the type that is sent along with values of any type."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], bytes):
        return value[1]
    return value


def _block(schema: Schema, computed: Mapping[str, str]) -> Any:
    block = _M["Block"]()
    for name, (required, inside) in schema.items():
        if inside is None:
            block.attributes.append(
                _attribute(name, required=required, computed=name in computed, of_any_type=True)
            )
        else:
            nested = block.block_types.add(type_name=name, nesting=_LIST, min_items=int(required))
            nested.block.CopyFrom(_block(inside, {}))
    block.attributes.extend(_attribute(name, computed=True) for name in computed if name not in schema)
    return block


def _attribute(name: str, *, required: bool = False, computed: bool = False, of_any_type: bool = False) -> Any:
    kind = b'"dynamic"' if of_any_type else b'"string"'
    return _M["Attribute"](
        name=name, type=kind, required=required, optional=not required, computed=computed and not required
    )


def _serialized(message: Any) -> bytes:
    content: bytes = message.SerializeToString()
    return content
