"""Types of msgspec's, after the imports that the test names."""

import sys

for name in sys.argv[1:]:
    __import__(name)

import msgspec
print("typing_extensions" in sys.modules)

import typing
from typing_extensions import Annotated, NotRequired, Required, TypedDict

class Person(TypedDict, total=False):
    name: Required[str]
    age: NotRequired[Annotated[int, msgspec.Meta(ge=0)]]

class Team(msgspec.Struct):
    people: "list[Person]"
    lead: typing.Optional["Person"] = None

for text in ('{"people": [{"name": "a"}]}', '{"people": [{}]}',
             '{"people": [{"name": "a", "age": -1}]}'):
    try:
        print(msgspec.json.decode(text, type=Team))
    except msgspec.ValidationError as error:
        print(error)
print(msgspec.json.schema(Team))
