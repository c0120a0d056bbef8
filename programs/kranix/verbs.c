/* SPDX-License-Identifier: Apache-2.0 */
/* The table. A new option goes here, into kranix(1), and nowhere else. */
#include "lib/base/cleanup.h"
#include "programs/kranix/cli.h"

#define END                                                                                        \
    {                                                                                              \
        KRX_OPT_NONE, NULL, 0, 0, NULL, NULL, NULL                                                 \
    }
#define FLAG(id, name, letter, help)                                                               \
    {                                                                                              \
        KRX_OPT_##id, name, letter, KRX_ARG_FLAG, NULL, NULL, help                                 \
    }

const krx_cli_option krx_cli_globals[] = {
    {KRX_OPT_BACKEND, "backend", 0, KRX_ARG_TEXT, "NAME", NULL,
     "Backend to use: docker, ..., or auto for the first of docker, podman, oci that answers"},
    {KRX_OPT_NAMESPACE, "namespace", 'n', KRX_ARG_TEXT, "NAME", NULL,
     "Namespace of the workloads (default: default, or the one that the backend is set to)"},
    {KRX_OPT_OUTPUT, "output", 'o', KRX_ARG_CHOICE, "FORMAT", "table|wide|json|yaml|name",
     "Form of the output: table, wide, json, yaml or name"},
    {KRX_OPT_TIMEOUT, "timeout", 0, KRX_ARG_DURATION, "DURATION", NULL,
     "Give up after this time, such as 500ms, 30s or 5m"},
    FLAG(QUIET, "quiet", 'q', "Print nothing but results and errors"),
    FLAG(VERBOSE, "verbose", 'v', "Log what is done; twice: in detail"),
    FLAG(NO_COLOR, "no-color", 0, "No colours, also on a terminal"),
    {KRX_OPT_CONFIG, "config", 0, KRX_ARG_FILE, "FILE", NULL,
     "Read this configuration in place of the system's"},
    {KRX_OPT_STATE_DIR, "state-dir", 0, KRX_ARG_FILE, "DIR", NULL, "Keep durable state here"},
    FLAG(HELP, "help", 'h', "Show help"),
    FLAG(VERSION, "version", 0, "Show the version"),
    END,
};

#define PARALLEL                                                                                   \
    {                                                                                              \
        KRX_OPT_PARALLEL, "parallel", 0, KRX_ARG_INT, "N", "1..64",                                \
            "Work on so many at a time (default: 5)"                                               \
    }
#define GRACE(help)                                                                                \
    {                                                                                              \
        KRX_OPT_GRACE, "grace", 0, KRX_ARG_DURATION, "DURATION", NULL, help                        \
    }
#define REPLICA(help)                                                                              \
    {                                                                                              \
        KRX_OPT_REPLICA, "replica", 0, KRX_ARG_INT, "N", "1..100000", help                         \
    }
#define IGNORE FLAG(IGNORE_NOT_FOUND, "ignore-not-found", 0, "A workload that is not there is fine")
#define ENV(help)                                                                                  \
    {                                                                                              \
        KRX_OPT_ENV, "env", 'e', KRX_ARG_TEXT, "KEY[=VALUE]", NULL, help                           \
    }

static const krx_cli_option no_options[] = {END};

static const krx_cli_option deploy_options[] = {
    {KRX_OPT_FILE, "file", 'f', KRX_ARG_FILE, "FILE", NULL,
     "Spec in YAML or JSON, with one or more documents; - reads standard input; repeats"},
    {KRX_OPT_NAME, "name", 0, KRX_ARG_TEXT, "NAME", NULL, "Name of the workload, without a file"},
    {KRX_OPT_IMAGE, "image", 0, KRX_ARG_TEXT, "IMAGE", NULL, "Image to run"},
    {KRX_OPT_PORT, "port", 'p', KRX_ARG_PORT, "[[IP:]HOST:]PORT[/PROTOCOL]", NULL,
     "Port that it listens on, published when a host port is given; repeats"},
    {KRX_OPT_CPU, "cpu", 0, KRX_ARG_CPU, "CPU", NULL, "CPU limit, such as 500m or 1.5"},
    {KRX_OPT_MEMORY, "memory", 'm', KRX_ARG_BYTES, "SIZE", NULL, "Memory limit, such as 256Mi"},
    {KRX_OPT_NETWORK, "network", 0, KRX_ARG_TEXT, "NETWORK", NULL,
     "Network to be on: bridge, host, none or ns:/path"},
    {KRX_OPT_RUNTIME, "runtime", 0, KRX_ARG_TEXT, "NAME", NULL,
     "OCI runtime that runs it, such as crun, runc or runsc"},
    ENV("Environment variable; without a value the one of this shell; repeats"),
    FLAG(INTERACTIVE, "interactive", 'i', "Keep its standard input open for 'attach -i'"),
    FLAG(TTY, "tty", 't', "Give it a terminal"),
    {KRX_OPT_REPLICAS, "replicas", 0, KRX_ARG_INT, "N", "0..10000", "Instances to run"},
    {KRX_OPT_WAIT, "wait", 0, KRX_ARG_OPTIONAL_DURATION, "DURATION", NULL,
     "Wait until it runs with all replicas ready (default: at most 5m)"},
    FLAG(DRY_RUN, "dry-run", 0, "Show what would be done and change nothing"),
    FLAG(DIFF, "diff", 0, "Show how the spec differs from what runs; exit 10 when it does"),
    FLAG(STRICT, "strict", 0, "Refuse a spec that the backend can't honour in full"),
    PARALLEL,
    END,
};

static const krx_cli_option destroy_options[] = {
    {KRX_OPT_FILE, "file", 'f', KRX_ARG_FILE, "FILE", NULL,
     "Destroy the workloads of this spec; repeats"},
    FLAG(VOLUMES, "volumes", 0, "Remove all of its volumes too"),
    GRACE("Time to end before it is killed"),
    IGNORE,
    PARALLEL,
    END,
};

static const krx_cli_option grace_options[] = {
    GRACE("Time to end before it is killed"),
    REPLICA("Only this replica"),
    PARALLEL,
    END,
};

static const krx_cli_option simple_options[] = {
    REPLICA("Only this replica"),
    PARALLEL,
    END,
};

static const krx_cli_option kill_options[] = {
    {KRX_OPT_SIGNAL, "signal", 's', KRX_ARG_TEXT, "SIGNAL", NULL,
     "Signal by name or number (default: KILL)"},
    REPLICA("Only this replica"),
    PARALLEL,
    END,
};

static const krx_cli_option list_options[] = {
    FLAG(ALL_NAMESPACES, "all-namespaces", 'A', "Workloads of all namespaces"),
    FLAG(ALL_BACKENDS, "all-backends", 0, "Ask every backend that is allowed and installed"),
    {KRX_OPT_SELECTOR, "selector", 'l', KRX_ARG_LABEL, "KEY=VALUE[,...]", NULL,
     "Only those with this label, or these; repeats"},
    FLAG(INSTANCES, "instances", 0, "One row for each container or pod"),
    FLAG(UNMANAGED, "unmanaged", 0, "Also what was not deployed by kranix"),
    FLAG(WATCH, "watch", 'w', "Go on and show changes"),
    END,
};

static const krx_cli_option logs_options[] = {
    FLAG(FOLLOW, "follow", 'f', "Go on as new lines come, across restarts"),
    {KRX_OPT_TAIL, "tail", 0, KRX_ARG_TEXT, "N", NULL,
     "Begin with the last N lines of each instance; all for all"},
    {KRX_OPT_SINCE, "since", 0, KRX_ARG_TIME, "TIME", NULL,
     "Only lines since then: 10m for ten minutes ago, or 2026-11-21T10:00:00Z"},
    FLAG(TIMESTAMPS, "timestamps", 't', "Show when each line was written"),
    {KRX_OPT_STREAM, "stream", 0, KRX_ARG_CHOICE, "STREAM", "stdout|stderr",
     "Only this stream: stdout or stderr"},
    REPLICA("Only this replica"),
    FLAG(PREVIOUS, "previous", 'p', "Of the run before the last restart"),
    END,
};

static const krx_cli_option exec_options[] = {
    FLAG(INTERACTIVE, "interactive", 'i', "Pass standard input on"),
    FLAG(TTY, "tty", 't', "With a terminal"),
    REPLICA("In this replica (default: the first that runs)"),
    ENV("Environment variable of the command; repeats"),
    {KRX_OPT_WORKDIR, "workdir", 'w', KRX_ARG_TEXT, "DIR", NULL, "Working directory inside"},
    {KRX_OPT_USER, "user", 'u', KRX_ARG_TEXT, "USER[:GROUP]", NULL, "Run the command as this user"},
    END,
};

static const krx_cli_option attach_options[] = {
    FLAG(INTERACTIVE, "interactive", 'i', "Pass standard input on"),
    FLAG(TTY, "tty", 't', "It has a terminal"),
    REPLICA("To this replica (default: the first that runs)"),
    END,
};

static const krx_cli_option forward_options[] = {
    {KRX_OPT_ADDRESS, "address", 0, KRX_ARG_TEXT, "ADDRESS", NULL,
     "Listen on this address of the machine (default: 127.0.0.1); repeats"},
    REPLICA("To this replica (default: the first that runs)"),
    END,
};

static const krx_cli_option events_options[] = {
    FLAG(FOLLOW, "follow", 'f', "Go on as events come"),
    {KRX_OPT_SINCE, "since", 0, KRX_ARG_TIME, "TIME", NULL,
     "Only events since then: 10m for ten minutes ago, or 2026-11-21T10:00:00Z"},
    FLAG(ALL_NAMESPACES, "all-namespaces", 'A', "Events of all namespaces"),
    END,
};

static const krx_cli_option manifest_options[] = {
    {KRX_OPT_FILE, "file", 'f', KRX_ARG_FILE, "FILE", NULL,
     "Spec in YAML or JSON; - reads standard input; repeats"},
    END,
};

static const krx_cli_option rollback_options[] = {
    {KRX_OPT_TO, "to", 0, KRX_ARG_INT, "REVISION", "1..9007199254740992",
     "Number of the revision (default: the one before the present)"},
    {KRX_OPT_WAIT, "wait", 0, KRX_ARG_OPTIONAL_DURATION, "DURATION", NULL,
     "Wait until it runs with all replicas ready (default: at most 5m)"},
    END,
};

#define CRIU_OPTIONS FLAG(TCP_ESTABLISHED, "tcp-established", 0, "Keep open TCP connections")

static const krx_cli_option checkpoint_options[] = {
    {KRX_OPT_COMMENT, "comment", 0, KRX_ARG_TEXT, "TEXT", NULL, "Kept with the checkpoint"},
    {KRX_OPT_EXPORT, "export", 0, KRX_ARG_FILE, "FILE", NULL,
     "Write it into a file that another host can restore from"},
    FLAG(LEAVE_RUNNING, "leave-running", 0, "The workload goes on afterwards"),
    CRIU_OPTIONS,
    FLAG(TCP_SKIP_IN_FLIGHT, "tcp-skip-in-flight", 0, "Leave out connections that are being made"),
    FLAG(LINK_REMAP, "link-remap", 0, "Also with open files that have been removed"),
    END,
};

static const krx_cli_option restore_options[] = {
    {KRX_OPT_IMPORT, "import", 0, KRX_ARG_FILE, "FILE", NULL, "Restore from an exported file"},
    {KRX_OPT_NAME, "name", 0, KRX_ARG_TEXT, "NAME", NULL, "Under another name"},
    CRIU_OPTIONS,
    END,
};

static const krx_cli_option namespaces_options[] = {
    FLAG(ALL_NAMESPACES, "all-namespaces", 'A', "Of all namespaces"),
    END,
};

static const krx_cli_option volumes_create_options[] = {
    {KRX_OPT_FILE, "file", 'f', KRX_ARG_FILE, "FILE", NULL,
     "Spec whose volumes are made; - reads standard input; repeats"},
    END,
};

static const krx_cli_option drain_options[] = {
    GRACE("Time for each instance to end (default: its own)"),
    {KRX_OPT_IGNORE_DAEMONSETS, "ignore-daemonsets", 0, KRX_ARG_OPTIONAL_BOOL, "BOOL", NULL,
     "Leave what runs on every node (default: true)"},
    FLAG(DELETE_EMPTYDIR_DATA, "delete-emptydir-data", 0,
         "Also instances whose data on the node is lost with them"),
    FLAG(FORCE, "force", 0, "Also instances that nothing starts again elsewhere"),
    {KRX_OPT_REASON, "reason", 0, KRX_ARG_TEXT, "TEXT", NULL, "Kept with the node"},
    {KRX_OPT_WAIT, "wait", 0, KRX_ARG_OPTIONAL_DURATION, "DURATION", NULL,
     "Give up after this time (default: go on until it is drained)"},
    END,
};

static const krx_cli_option setup_options[] = {
    FLAG(DRY_RUN, "dry-run", 0, "Show what would be installed and change nothing"),
    END,
};

static const krx_cli_option stats_options[] = {
    FLAG(NO_STREAM, "no-stream", 0, "One sample only"),
    END,
};

static const krx_cli_option inspect_options[] = {
    FLAG(RAW, "raw", 0, "The backend's own objects"),
    END,
};

static const krx_cli_option images_list_options[] = {
    FLAG(ALL, "all", 'a', "Also those without a tag"),
    END,
};

static const krx_cli_option pull_options[] = {
    {KRX_OPT_PLATFORM, "platform", 0, KRX_ARG_TEXT, "OS/ARCH", NULL,
     "Platform of the image, such as linux/arm64"},
    END,
};

static const krx_cli_option prune_options[] = {
    FLAG(ALL, "all", 'a', "Also tagged ones that nothing uses"),
    END,
};

static const krx_cli_option force_options[] = {
    FLAG(FORCE, "force", 0, "Also when stopped containers use it"),
    END,
};

#define MANY KRX_MANY
#define W KRX_OPERAND_WORKLOAD

const krx_cli_verb krx_cli_verbs[] = {
    {"deploy", NULL, "-f FILE... | --name NAME --image IMAGE [-- COMMAND...]",
     "Create workloads, or apply changes to them",
     "Every spec of every file is checked before anything is created. A workload that is there\n"
     "already is changed with the least disruption, or left alone when nothing differs.",
     deploy_options, 0, 0, true, KRX_OPERAND_NONE, krx_cli_deploy, KRX_OP_driver_deploy},
    {"destroy", NULL, "NAME... | -f FILE...", "Remove workloads",
     "Volumes stay unless --volumes is given or the spec cleans them up.", destroy_options, 0, MANY,
     false, W, krx_cli_destroy, KRX_OP_driver_destroy},
    {"restart", NULL, "NAME...", "Restart workloads", NULL, grace_options, 1, MANY, false, W,
     krx_cli_lifecycle, KRX_OP_driver_restart},
    {"start", NULL, "NAME...", "Start workloads that were stopped", NULL, simple_options, 1, MANY,
     false, W, krx_cli_lifecycle, KRX_OP_container_start},
    {"stop", NULL, "NAME...", "Stop workloads and keep them", NULL, grace_options, 1, MANY, false,
     W, krx_cli_lifecycle, KRX_OP_container_stop},
    {"pause", NULL, "NAME...", "Freeze workloads", NULL, simple_options, 1, MANY, false, W,
     krx_cli_lifecycle, KRX_OP_container_pause},
    {"unpause", NULL, "NAME...", "Let frozen workloads go on", NULL, simple_options, 1, MANY, false,
     W, krx_cli_lifecycle, KRX_OP_container_unpause},
    {"kill", NULL, "NAME...", "Send workloads a signal", NULL, kill_options, 1, MANY, false, W,
     krx_cli_lifecycle, KRX_OP_container_kill},
    {"status", NULL, "NAME...", "Show workloads and their instances", NULL, no_options, 1, MANY,
     false, W, krx_cli_status, KRX_OP_driver_get_status},
    {"list", NULL, "", "List workloads",
     "A backend that can't answer is reported and costs nothing but its own rows.", list_options, 0,
     0, false, KRX_OPERAND_NONE, krx_cli_list, KRX_OP_driver_list_workloads},
    {"logs", NULL, "NAME", "Show what a workload writes",
     "The bytes of one instance pass as they are; lines of several get the instance's name in\n"
     "front. Both streams go to standard output; --stream takes one of them.",
     logs_options, 1, 1, false, W, krx_cli_logs, KRX_OP_driver_stream_logs},
    {"exec", NULL, "NAME [-it] -- COMMAND...", "Run a command inside a workload",
     "The exit status is the command's.", exec_options, 1, MANY, true, W, krx_cli_exec,
     KRX_OP_container_exec},
    {"attach", NULL, "NAME [-it]", "Join the main process of a workload",
     "Shows what it writes from now on; with -i it gets standard input. An interrupt leaves it.",
     attach_options, 1, 1, false, W, krx_cli_exec, KRX_OP_container_attach},
    {"port-forward", NULL, "NAME [LOCAL:]REMOTE...", "Reach ports of a workload from this machine",
     "Listens until it is interrupted; each connection goes to an instance that runs then. "
     "Without\n"
     "LOCAL the local port is the same, with an empty one (:REMOTE) any that is free.",
     forward_options, 2, MANY, false, W, krx_cli_port_forward, KRX_OP_container_forward},
    {"stats", NULL, "[NAME...]", "Show what workloads use",
     "On a terminal the table lives until it is interrupted.", stats_options, 0, MANY, false, W,
     krx_cli_stats, KRX_OP_container_stats},
    {"inspect", NULL, "NAME", "Show all that is known of a workload", NULL, inspect_options, 1, 1,
     false, W, krx_cli_inspect, KRX_OP_container_inspect},
    {"events", NULL, "[NAME...]", "Show what happened to workloads", NULL, events_options, 0, MANY,
     false, W, krx_cli_events, KRX_OP_container_events},
    {"manifest", NULL, "NAME | -f FILE...", "Print workloads as Kubernetes manifests",
     "What -f names is only translated, for the cluster at hand: in the API versions that it has, "
     "or\n"
     "in the newest where none answers. A workload on another backend is shown as it would be on\n"
     "Kubernetes.",
     manifest_options, 0, 1, false, W, krx_cli_manifest, KRX_OP_container_export_manifest},
    {"history", NULL, "NAME", "List the revisions of a workload", NULL, no_options, 1, 1, false, W,
     krx_cli_history, KRX_OP_extended_list_revisions},
    {"rollback", NULL, "NAME [--to REVISION] [--wait]", "Make a workload what it was before", NULL,
     rollback_options, 1, 1, false, W, krx_cli_rollback, KRX_OP_extended_rollback},
    {"checkpoint", NULL, "NAME", "Keep the state of a workload and stop it", NULL,
     checkpoint_options, 1, 1, false, W, krx_cli_checkpoint, KRX_OP_extended_checkpoint},
    {"restore", NULL, "NAME [ID] | --import FILE", "Let a workload go on from a checkpoint",
     "Without an id from its newest one.", restore_options, 0, 2, false, W, krx_cli_checkpoint,
     KRX_OP_extended_restore},
    {"checkpoints", NULL, "[NAME]", "List checkpoints", NULL, namespaces_options, 0, 1, false, W,
     krx_cli_checkpoints, KRX_OP_extended_list_checkpoints},
    {"volumes", "list", "[NAME]", "List volumes of workloads", NULL, namespaces_options, 0, 1,
     false, W, krx_cli_volumes, KRX_OP_extended_list_volumes},
    {"volumes", "create", "-f FILE...", "Create the volumes of specs, without the workloads", NULL,
     volumes_create_options, 0, 0, false, KRX_OPERAND_NONE, krx_cli_volumes,
     KRX_OP_extended_provision_volumes},
    {"volumes", "remove", "NAME...", "Remove all volumes of workloads, and their data", NULL,
     no_options, 1, MANY, false, W, krx_cli_volumes, KRX_OP_extended_cleanup_volumes},
    {"nodes", "list", "[NODE...]", "List nodes: how healthy, what they take", NULL, no_options, 0,
     MANY, false, KRX_OPERAND_NODE, krx_cli_nodes_list, KRX_OP_node_list_node_health},
    {"nodes", "drain", "NODE...", "Move workloads off nodes and keep new ones away",
     "Disruption budgets are respected: what they hold back is tried again until it may go. A\n"
     "drain that was cut short is gone on with by the same command.",
     drain_options, 1, MANY, false, KRX_OPERAND_NODE, krx_cli_nodes_drain, KRX_OP_node_drain_node},
    {"nodes", "cordon", "NODE...", "Keep new workloads off nodes", NULL, no_options, 1, MANY, false,
     KRX_OPERAND_NODE, krx_cli_nodes_mark, KRX_OP_node_cordon},
    {"nodes", "uncordon", "NODE...", "Let nodes take workloads again", NULL, no_options, 1, MANY,
     false, KRX_OPERAND_NODE, krx_cli_nodes_mark, KRX_OP_node_uncordon},
    {"health", NULL, "", "Show how well backends and their nodes are",
     "Every backend that is allowed and installed is asked, or that of --backend. The status is 0\n"
     "only when all are well.",
     no_options, 0, 0, false, KRX_OPERAND_NONE, krx_cli_health, 0},
    {"images", "list", "[FILTER]", "List the images of a backend", NULL, images_list_options, 0, 1,
     false, KRX_OPERAND_NONE, krx_cli_images, KRX_OP_image_list},
    {"images", "pull", "IMAGE...", "Pull images", NULL, pull_options, 1, MANY, false,
     KRX_OPERAND_NONE, krx_cli_images, KRX_OP_image_pull},
    {"images", "push", "IMAGE...", "Push images to their registry", NULL, no_options, 1, MANY,
     false, KRX_OPERAND_IMAGE, krx_cli_images, KRX_OP_image_push},
    {"images", "tag", "IMAGE TARGET", "Give an image another name", NULL, no_options, 2, 2, false,
     KRX_OPERAND_IMAGE, krx_cli_images, KRX_OP_image_tag},
    {"images", "remove", "IMAGE...", "Remove images", NULL, force_options, 1, MANY, false,
     KRX_OPERAND_IMAGE, krx_cli_images, KRX_OP_image_remove},
    {"images", "import", "FILE [NAME]", "Import an image from a tar file", NULL, no_options, 1, 2,
     false, KRX_OPERAND_FILE, krx_cli_images, KRX_OP_image_import},
    {"images", "prune", "", "Remove images that nothing uses", NULL, prune_options, 0, 0, false,
     KRX_OPERAND_NONE, krx_cli_images, KRX_OP_image_prune},
    {"backends", "list", "", "List backends: do they answer, which version", NULL, no_options, 0, 0,
     false, KRX_OPERAND_NONE, krx_cli_backends_list, 0},
    {"backends", "show", "NAME", "Show what a backend makes of each spec field and op", NULL,
     no_options, 1, 1, false, KRX_OPERAND_BACKEND, krx_cli_backends_show, 0},
    {"backends", "setup", "NAME", "Install in a backend what workloads may refer to",
     "On Kubernetes these are the priority classes. Doing it again changes nothing.", setup_options,
     1, 1, false, KRX_OPERAND_BACKEND, krx_cli_backends_setup, KRX_OP_extended_setup},
    {"plugins", "list", "", "List backend modules, without running their code", NULL, no_options, 0,
     0, false, KRX_OPERAND_NONE, krx_cli_plugins_list, 0},
    {"plugins", "show", "NAME", "Show one module, without running its code", NULL, no_options, 1, 1,
     false, KRX_OPERAND_PLUGIN, krx_cli_plugins_show, 0},
    {"plugins", "check", "[NAME...]", "Check modules up to running their code",
     "Without a name every module that is enabled is checked.", no_options, 0, MANY, false,
     KRX_OPERAND_PLUGIN, krx_cli_plugins_change, 0},
    {"plugins", "enable", "NAME...", "Allow modules", NULL, no_options, 1, MANY, false,
     KRX_OPERAND_PLUGIN, krx_cli_plugins_change, 0},
    {"plugins", "disable", "NAME...", "Stop allowing modules", NULL, no_options, 1, MANY, false,
     KRX_OPERAND_PLUGIN, krx_cli_plugins_change, 0},
    {"plugins", "verify", "[NAME...]", "Compare modules with the digest that they are pinned to",
     "Without a name every module that is pinned is compared.", no_options, 0, MANY, false,
     KRX_OPERAND_PLUGIN, krx_cli_plugins_change, 0},
    {"plugins", "pin", "NAME...", "Write the present digest of modules into their allow files",
     NULL, no_options, 1, MANY, false, KRX_OPERAND_PLUGIN, krx_cli_plugins_change, 0},
    {"config", "show", "[KEY...]", "Show the configuration in force and where it comes from", NULL,
     no_options, 0, MANY, false, KRX_OPERAND_KEY, krx_cli_config_show, 0},
    {"config", "check", "[FILE...]", "Check configuration files", NULL, no_options, 0, MANY, false,
     KRX_OPERAND_FILE, krx_cli_config_check, 0},
    {"completion", NULL, "bash|zsh|fish", "Print a completion script for a shell", NULL, no_options,
     1, 1, false, KRX_OPERAND_SHELL, krx_cli_completion, 0},
    {"version", NULL, "", "Show the version; with -o json also all paths", NULL, no_options, 0, 0,
     false, KRX_OPERAND_NONE, krx_cli_version, 0},
    {"help", NULL, "[VERB [SUBVERB]]", "Show help", NULL, no_options, 0, 2, false, KRX_OPERAND_VERB,
     krx_cli_help, 0},
};

const size_t krx_cli_verb_count = KRX_COUNT(krx_cli_verbs);
