# SPDX-License-Identifier: Apache-2.0
noinst_LTLIBRARIES += lib/model/libmodel.la
lib_model_libmodel_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS) $(CJSON_CFLAGS)
lib_model_libmodel_la_LIBADD = $(YAML_LIBS) $(CJSON_LIBS) -lm
lib_model_libmodel_la_SOURCES = \
    lib/model/capabilities.c lib/model/capabilities.h \
    lib/model/checks.c \
    lib/model/copy.c \
    lib/model/diag.c \
    lib/model/diff.c \
    lib/model/differences.c lib/model/differences.h \
    lib/model/doc.c lib/model/doc.h \
    lib/model/doc_build.c lib/model/doc_build.h \
    lib/model/doc_json.c \
    lib/model/doc_yaml.c \
    lib/model/emit.h lib/model/emit_json.c \
    lib/model/emit_schema.c \
    lib/model/emit_yaml.c \
    lib/model/env_file.c \
    lib/model/health.c lib/model/health.h \
    lib/model/image.h lib/model/image_form.c \
    lib/model/image_ref.c \
    lib/model/kinds.c lib/model/kinds.h \
    lib/model/model.h \
    lib/model/parse.h lib/model/parse_pairs.c \
    lib/model/parse_struct.c \
    lib/model/parser.c \
    lib/model/reference.c \
    lib/model/result_object.c lib/model/result_object.h \
    lib/model/results.c lib/model/results.h \
    lib/model/results_extended.c \
    lib/model/rules.c lib/model/rules.h \
    lib/model/rules_cron.c \
    lib/model/rules_image.c \
    lib/model/schema.c \
    lib/model/spec.c \
    lib/model/unknown.c \
    lib/model/wanted.c lib/model/wanted.h

# Prints the reference page or the JSON Schema; the committed copies are held fresh by a test.
noinst_PROGRAMS += lib/model/schema-text
lib_model_schema_text_SOURCES = lib/model/schema_text.c
lib_model_schema_text_LDADD = lib/model/libmodel.la lib/base/libbase.la
dist_kranixdata_DATA += docs/reference/workload.schema.json

update-reference: lib/model/schema-text
	$(builddir)/lib/model/schema-text markdown >$(srcdir)/docs/reference/workload.md
	$(builddir)/lib/model/schema-text json >$(srcdir)/docs/reference/workload.schema.json
.PHONY: update-reference
