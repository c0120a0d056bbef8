/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: error codes. An op returns 0 or one of these, always negative, never re-numbered.
 * The first sixteen are gRPC's canonical codes (google/rpc/code.proto) with the sign turned.
 */
#ifndef KRANIX_ERRORS_H
#define KRANIX_ERRORS_H

#include <kranix/abi.h>

/*
 * X(NAME, value, http, retryable, meaning)
 *   http       status that the REST API answers with
 *   retryable  1 when the same call may succeed later without anybody changing anything
 */
#define KRX_ERROR_TABLE(X)                                                                         \
    X(CANCELLED, -1, 499, 0, "the caller gave the call up")                                        \
    X(UNKNOWN, -2, 500, 0, "the backend failed in a way it does not explain")                      \
    X(INVALID_ARGUMENT, -3, 400, 0, "the request itself is wrong")                                 \
    X(DEADLINE_EXCEEDED, -4, 504, 1, "the deadline passed first")                                  \
    X(NOT_FOUND, -5, 404, 0, "no such workload, instance, image, node or plugin")                  \
    X(ALREADY_EXISTS, -6, 409, 0, "the name is taken by something that is not ours to change")     \
    X(PERMISSION_DENIED, -7, 403, 0, "refused: rights, allow-list or trust check")                 \
    X(RESOURCE_EXHAUSTED, -8, 429, 1, "out of memory, disk, quota or a bound of ours")             \
    X(FAILED_PRECONDITION, -9, 412, 0, "the object is not in a state that allows this")            \
    X(ABORTED, -10, 409, 1, "somebody else changed the object meanwhile")                          \
    X(OUT_OF_RANGE, -11, 400, 0, "a value lies outside what the object has")                       \
    X(UNIMPLEMENTED, -12, 501, 0, "this version of the host or backend cannot do it yet")          \
    X(INTERNAL, -13, 500, 0, "a rule of the boundary was broken: a bug of host or module")         \
    X(UNAVAILABLE, -14, 503, 1, "the backend cannot be reached or is not ready")                   \
    X(DATA_LOSS, -15, 500, 0, "an answer was cut short or damaged")                                \
    X(UNAUTHENTICATED, -16, 401, 0, "credentials are missing, wrong or expired")                   \
    X(UNSUPPORTED, -17, 501, 0, "this backend can never do it")                                    \
    X(METRICS_UNAVAILABLE, -18, 503, 1, "the backend has no metrics source at the moment")

#define KRX_ERROR_ENUM_(name, value, http, retry, text) KRX_E_##name = (value),
enum { KRX_OK = 0, KRX_ERROR_TABLE(KRX_ERROR_ENUM_) KRX_E_LAST_ = -18 };
#undef KRX_ERROR_ENUM_

KRX_BEGIN_DECLS

#define KRX_ERROR_MESSAGE_MAX 1024
#define KRX_ERROR_HINT_MAX 512

/*
 * The error slot. The host allocates it before the call, so that reporting needs no memory, and
 * clears it; an op that succeeds leaves it untouched. Written through krx_fail() only.
 *   message  what failed, on which object, why. No trailing period or newline, no secret, ever.
 *   hint     what the reader can do about it; may be "".
 */
typedef struct krx_error {
    uint32_t struct_size;
    int32_t code;
    int32_t sys_errno; /* errno of the failing system call, 0 when none */
    uint32_t reserved_;
    char message[KRX_ERROR_MESSAGE_MAX];
    char hint[KRX_ERROR_HINT_MAX];
} krx_error;

/* Name of a code as it appears in JSON ("NOT_FOUND"), "OK" for 0, "UNKNOWN" for any other. */
static inline const char *krx_error_name(int32_t code)
{
    switch (code) {
    case 0:
        return "OK";
#define KRX_ERROR_CASE_(name, value, http, retry, text)                                            \
    case value:                                                                                    \
        return #name;
        KRX_ERROR_TABLE(KRX_ERROR_CASE_)
#undef KRX_ERROR_CASE_
    default:
        return "UNKNOWN";
    }
}

/* HTTP status that stands for a code; 200 for 0, 500 for an unknown one. */
static inline int32_t krx_error_http(int32_t code)
{
    switch (code) {
    case 0:
        return 200;
#define KRX_ERROR_CASE_(name, value, http, retry, text)                                            \
    case value:                                                                                    \
        return http;
        KRX_ERROR_TABLE(KRX_ERROR_CASE_)
#undef KRX_ERROR_CASE_
    default:
        return 500;
    }
}

/* 1 when the same call may succeed later as it is, else 0. */
static inline int32_t krx_error_retryable(int32_t code)
{
    switch (code) {
#define KRX_ERROR_CASE_(name, value, http, retry, text)                                            \
    case value:                                                                                    \
        return retry;
        KRX_ERROR_TABLE(KRX_ERROR_CASE_)
#undef KRX_ERROR_CASE_
    default:
        return 0;
    }
}

KRX_END_DECLS
#endif
