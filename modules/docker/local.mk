# SPDX-License-Identifier: Apache-2.0
if BUILD_DOCKER
noinst_LTLIBRARIES += modules/docker/libdockermodule.la
modules_docker_libdockermodule_la_SOURCES = \
    modules/docker/announce.c \
    modules/docker/backend.c modules/docker/backend.h \
    modules/docker/capabilities.c modules/docker/capabilities.h \
    modules/docker/change.h \
    modules/docker/container.c modules/docker/container.h \
    modules/docker/create.c \
    modules/docker/deploy.c modules/docker/deploy.h \
    modules/docker/destroy.c modules/docker/destroy.h \
    modules/docker/events.c modules/docker/events.h \
    modules/docker/exec.c modules/docker/exec.h \
    modules/docker/execute.c \
    modules/docker/follow.c modules/docker/follow.h \
    modules/docker/images.c modules/docker/image.h \
    modules/docker/import.c \
    modules/docker/jsonw.c modules/docker/jsonw.h \
    modules/docker/labels.c \
    modules/docker/lifecycle.c modules/docker/lifecycle.h \
    modules/docker/list.c \
    modules/docker/log_position.c modules/docker/log_position.h \
    modules/docker/logs.c modules/docker/logs.h \
    modules/docker/make.c \
    modules/docker/mapping.h \
    modules/docker/mounts.c \
    modules/docker/names.c modules/docker/names.h \
    modules/docker/plan.c modules/docker/plan.h \
    modules/docker/ports.c \
    modules/docker/probes.c \
    modules/docker/pull.c \
    modules/docker/replace.c \
    modules/docker/resources.c \
    modules/docker/state.c modules/docker/state.h \
    modules/docker/stats.c modules/docker/stats.h \
    modules/docker/status.c modules/docker/status.h \
    modules/docker/volumes.c modules/docker/volumes.h
modules_docker_libdockermodule_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS)
modules_docker_libdockermodule_la_LIBADD = lib/engine/libengine.la lib/logs/liblogs.la lib/http/libhttp.la \
    lib/json/libjson.la \
    lib/model/libmodel.la lib/base/libbase.la \
    $(CURL_LIBS) $(CJSON_LIBS) $(YAML_LIBS) -lm -lpthread

module_LTLIBRARIES += kranix-module-docker.la
kranix_module_docker_la_SOURCES = modules/docker/module.c
kranix_module_docker_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS)
kranix_module_docker_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
    -export-symbols-regex '^krx_module_'
kranix_module_docker_la_LIBADD = modules/docker/libdockermodule.la
endif
