# SPDX-License-Identifier: Apache-2.0
# The command line. All but main is a convenience library, for the programs and the unit tests.
noinst_LTLIBRARIES += programs/kranix/libcli.la
programs_kranix_libcli_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
programs_kranix_libcli_la_SOURCES = \
    programs/kranix/bulk.c programs/kranix/bulk.h \
    programs/kranix/call.c \
    programs/kranix/capabilities.c programs/kranix/capabilities.h \
    programs/kranix/clean.c programs/kranix/clean.h \
    programs/kranix/cli.h \
    programs/kranix/completion.c \
    programs/kranix/deploy.c programs/kranix/deploy.h \
    programs/kranix/deploy_check.c \
    programs/kranix/deploy_diff.c \
    programs/kranix/deploy_run.c \
    programs/kranix/deploy_wait.c \
    programs/kranix/errors.c \
    programs/kranix/habits.c \
    programs/kranix/help.c \
    programs/kranix/list.h programs/kranix/list_tables.c \
    programs/kranix/options.c programs/kranix/options.h \
    programs/kranix/output.c programs/kranix/output.h \
    programs/kranix/progress.c programs/kranix/progress.h \
    programs/kranix/records.c programs/kranix/records.h \
    programs/kranix/signals.c programs/kranix/signals.h \
    programs/kranix/spec_options.c \
    programs/kranix/specs.c programs/kranix/specs.h \
    programs/kranix/table.c \
    programs/kranix/values.c programs/kranix/values.h \
    programs/kranix/verbs.c \
    programs/kranix/verbs_backends.c \
    programs/kranix/verbs_change.c \
    programs/kranix/verbs_checkpoint.c \
    programs/kranix/verbs_config.c \
    programs/kranix/verbs_events.c \
    programs/kranix/verbs_exec.c \
    programs/kranix/verbs_forward.c \
    programs/kranix/verbs_health.c \
    programs/kranix/verbs_images.c \
    programs/kranix/verbs_list.c \
    programs/kranix/verbs_logs.c \
    programs/kranix/verbs_manifest.c \
    programs/kranix/verbs_nodes.c \
    programs/kranix/verbs_plugins.c \
    programs/kranix/verbs_revisions.c \
    programs/kranix/verbs_setup.c \
    programs/kranix/verbs_stats.c \
    programs/kranix/verbs_status.c \
    programs/kranix/verbs_volumes.c \
    programs/kranix/yaml.c

# kranix is what is installed; kranix-dev is the same for the build tree (see run.in).
bin_PROGRAMS += programs/kranix/kranix
programs_kranix_kranix_SOURCES = programs/kranix/main.c
programs_kranix_kranix_LDADD = programs/kranix/libcli.la core/libkranix.la \
    lib/model/libmodel.la lib/base/libbase.la $(CJSON_LIBS) -lpthread -lm

noinst_PROGRAMS += programs/kranix/kranix-dev
programs_kranix_kranix_dev_SOURCES = programs/kranix/main.c
programs_kranix_kranix_dev_LDADD = programs/kranix/libcli.la core/libcore.la core/libpaths.la \
    lib/model/libmodel.la lib/base/libbase.la $(CJSON_LIBS) -lpthread -lm

dist_man_MANS += docs/man/kranix.1

# Completion scripts are kept in the tree, so that a cross build can install them.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_bashcompletion_DATA = programs/kranix/completion/bash/kranix
dist_zshcompletion_DATA = programs/kranix/completion/zsh/_kranix
dist_fishcompletion_DATA = programs/kranix/completion/fish/kranix.fish
update-completion: programs/kranix/kranix-dev
	programs/kranix/kranix-dev completion bash >$(srcdir)/$(dist_bashcompletion_DATA)
	programs/kranix/kranix-dev completion zsh >$(srcdir)/$(dist_zshcompletion_DATA)
	programs/kranix/kranix-dev completion fish >$(srcdir)/$(dist_fishcompletion_DATA)
.PHONY: update-completion
