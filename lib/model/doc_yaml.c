/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events into the tree. */
#include <string.h>
#include <yaml.h>

#include "lib/base/str.h"
#include "lib/model/doc_build.h"

#define DIRECTIVES_MAX 100

static krx_doc_place place(yaml_mark_t mark)
{
    return (krx_doc_place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static bool core_tag(const char *tag)
{
    static const char *const known[] = {
        "!",          YAML_NULL_TAG,  YAML_BOOL_TAG, YAML_STR_TAG,
        YAML_INT_TAG, YAML_FLOAT_TAG, YAML_SEQ_TAG,  YAML_MAP_TAG,
    };
    for (size_t i = 0; i < KRX_COUNT(known); i++)
        if (strcmp(tag, known[i]) == 0)
            return true;
    return false;
}

static void check_tag(krx_doc_builder *b, const yaml_char_t *tag, yaml_mark_t mark)
{
    if (tag && !core_tag((const char *)tag))
        krx_doc_complain(b, place(mark), "leave the tag out", "the tag '%.80s' is not supported",
                         (const char *)tag);
}

static bool plain_null(const char *text)
{
    static const char *const forms[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < KRX_COUNT(forms); i++)
        if (strcmp(text, forms[i]) == 0)
            return true;
    return false;
}

static bool add_scalar(krx_doc_builder *b, const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    bool forced = tag && (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0);
    krx_doc_scalar scalar = {
        .at = place(event->start_mark),
        .text = (const char *)event->data.scalar.value,
        .length = event->data.scalar.length,
        .anchor = (const char *)event->data.scalar.anchor,
        .quoted = forced || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
    };
    scalar.null = !scalar.quoted && plain_null(scalar.text);
    check_tag(b, event->data.scalar.tag, event->start_mark);
    return krx_doc_scalar_add(b, &scalar);
}

static bool handle(krx_doc_builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return krx_doc_alias(b, place(event->start_mark), (const char *)event->data.alias.anchor);
    case YAML_SEQUENCE_START_EVENT:
        check_tag(b, event->data.sequence_start.tag, event->start_mark);
        return krx_doc_open(b, KRX_NODE_LIST, place(event->start_mark),
                            (const char *)event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        check_tag(b, event->data.mapping_start.tag, event->start_mark);
        return krx_doc_open(b, KRX_NODE_MAP, place(event->start_mark),
                            (const char *)event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return krx_doc_close(b);
    case YAML_DOCUMENT_START_EVENT:
        b->anchors.count = 0;
        return true;
    default:
        return true;
    }
}

static void explain(krx_doc_builder *b, const yaml_parser_t *parser, const char *text,
                    size_t length, krx_doc_syntax *error)
{
    size_t offset = parser->problem_offset < length ? parser->problem_offset : length;
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    if (parser->error == YAML_MEMORY_ERROR)
        b->no_memory = b->over = true;
    error->at = parser->error == YAML_READER_ERROR ? krx_doc_place_of(text, offset)
                                                   : place(parser->problem_mark);
    (void)snprintf(error->message, sizeof error->message, "not valid YAML: %s%s%s", problem,
                   parser->context ? ", " : "", parser->context ? parser->context : "");
    size_t index = parser->problem_mark.index;
    if (parser->error == YAML_SCANNER_ERROR && strstr(problem, "cannot start any token"))
        error->hint = index < length && memchr(text, '\t', length)
                          ? "indent with blanks, not with tabs"
                          : "put the value in quotes";
}

/* libyaml compares every %TAG directive with all before it. */
static bool few_directives(krx_doc_builder *b, const char *text, size_t length)
{
    static const char start[] = "%TAG";
    const char *end = text + length;
    size_t count = 0;
    for (const char *p = text; (p = memmem(p, (size_t)(end - p), start, 4)); p += 4)
        if ((p == text || p[-1] == '\n') && ++count > DIRECTIVES_MAX) {
            krx_doc_complain(b, krx_doc_place_of(text, (size_t)(p - text)), NULL,
                             "more than %d %%TAG directives", DIRECTIVES_MAX);
            b->over = true;
            return false;
        }
    return true;
}

bool krx_doc_read_yaml(krx_doc_builder *b, const char *text, size_t length, krx_doc_syntax *error)
{
    yaml_parser_t parser;
    bool fine = true, done = false;
    if (!few_directives(b, text, length))
        return true;
    if (!yaml_parser_initialize(&parser)) {
        b->no_memory = b->over = true;
        return true;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    while (!done && fine) {
        yaml_event_t event;
        fine = yaml_parser_parse(&parser, &event) != 0;
        if (!fine) {
            explain(b, &parser, text, length, error);
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT || !handle(b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return fine;
}
