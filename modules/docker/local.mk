# SPDX-License-Identifier: Apache-2.0
if BUILD_DOCKER
noinst_LTLIBRARIES += modules/docker/libdockermodule.la
modules_docker_libdockermodule_la_SOURCES = \
    modules/docker/capabilities.c modules/docker/capabilities.h \
    modules/docker/backend/backend.c modules/docker/backend/backend.h \
    modules/docker/backend/container.c modules/docker/backend/container.h \
    modules/docker/backend/jsonw.c modules/docker/backend/jsonw.h \
    modules/docker/backend/names.c modules/docker/backend/names.h \
    modules/docker/mapping/create.c \
    modules/docker/mapping/labels.c \
    modules/docker/mapping/limits.c modules/docker/mapping/limits.h \
    modules/docker/mapping/mapping.h \
    modules/docker/mapping/mounts.c \
    modules/docker/mapping/ports.c \
    modules/docker/mapping/probes.c \
    modules/docker/mapping/resources.c \
    modules/docker/images/image.h \
    modules/docker/images/images.c \
    modules/docker/images/import.c \
    modules/docker/images/pull.c \
    modules/docker/containers/events.c modules/docker/containers/events.h \
    modules/docker/containers/exec.c modules/docker/containers/exec.h \
    modules/docker/containers/lifecycle.c modules/docker/containers/lifecycle.h \
    modules/docker/containers/list.c \
    modules/docker/containers/stats.c modules/docker/containers/stats.h \
    modules/docker/containers/status.c modules/docker/containers/status.h \
    modules/docker/logs/follow.c modules/docker/logs/follow.h \
    modules/docker/logs/logs.c modules/docker/logs/logs.h \
    modules/docker/logs/position.c modules/docker/logs/position.h \
    modules/docker/deploy/change.h \
    modules/docker/deploy/deeds.c \
    modules/docker/deploy/deploy.c modules/docker/deploy/deploy.h \
    modules/docker/deploy/destroy.c modules/docker/deploy/destroy.h \
    modules/docker/deploy/look.c \
    modules/docker/deploy/make.c \
    modules/docker/deploy/volumes.c modules/docker/deploy/volumes.h
modules_docker_libdockermodule_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS)
modules_docker_libdockermodule_la_LIBADD = lib/replicas/libreplicas.la \
    lib/engine/libengine.la lib/logs/liblogs.la lib/http/libhttp.la \
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
