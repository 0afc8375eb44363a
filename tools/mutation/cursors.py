"""Questions about pieces of C++, answered by the cursors of libclang."""

import re

from clang.cindex import CursorKind as Kind

STATEMENTS = {Kind.BREAK_STMT, Kind.CONTINUE_STMT, Kind.RETURN_STMT}
FUNCTIONS = {Kind.CXX_METHOD, Kind.FUNCTION_DECL, Kind.FUNCTION_TEMPLATE, Kind.CONSTRUCTOR, Kind.DESTRUCTOR,
             Kind.CONVERSION_FUNCTION}
NAMESPACES = {Kind.NAMESPACE, Kind.TRANSLATION_UNIT}
VALUES = {Kind.BINARY_OPERATOR, Kind.INTEGER_LITERAL, Kind.CXX_BOOL_LITERAL_EXPR, Kind.UNARY_OPERATOR}
# Code that the compiler evaluates, or that does not run.
NOT_RUN = {Kind.STATIC_ASSERT, Kind.ENUM_DECL, Kind.TEMPLATE_NON_TYPE_PARAMETER, Kind.TEMPLATE_TYPE_PARAMETER,
           Kind.TEMPLATE_TEMPLATE_PARAMETER, Kind.CONCEPT_DECL, Kind.TYPE_ALIAS_DECL, Kind.TYPE_ALIAS_TEMPLATE_DECL,
           Kind.CXX_BASE_SPECIFIER, Kind.DECL_REF_EXPR, Kind.REQUIRES_EXPR}


def span(cursor):
    return cursor.extent.start.offset, cursor.extent.end.offset


def is_plain(cursor, thrown=True):
    """Whether a statement is only an expression."""
    inner = cursor
    while inner.kind == Kind.UNEXPOSED_EXPR and (children := list(inner.get_children())):
        inner = children[0]
    if inner.kind == Kind.CXX_THROW_EXPR:
        return thrown
    return cursor.kind.is_expression() and cursor.kind != Kind.LAMBDA_EXPR and not only_prefetches(inner)


def only_prefetches(cursor):
    return cursor.kind == Kind.CALL_EXPR and cursor.spelling == "__builtin_prefetch"


def order_matters(one, other):
    """Whether swapping two statements can matter: two assignments only if one assigns what the other uses."""
    if "(" in one or "(" in other:
        return True
    targets = [re.split(r"[^=!<>]=[^=]", text)[0].strip(" +-;") for text in (one, other)]
    return targets[0] in other or targets[1] in one
