/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/logs/position.h"

#include <inttypes.h>

#include "lib/base/clock.h"

/* Two streams of a container may be stamped slightly out of order. */
#define OVERLAP_NS KRX_NS_PER_S

static bool wants(const krx_logs_req *req, uint32_t stream)
{
    return !req->streams || (req->streams & stream);
}

void krx_dk_logs_path(krx_str *path, const char *id, const krx_logs_req *req, bool follow,
                      bool timestamps, int64_t tail, int64_t since_ns)
{
    krx_dk_path(path, "/containers", id, "/logs");
    krx_url_query(path, "stdout", wants(req, KRX_STREAM_STDOUT) ? "1" : "0");
    krx_url_query(path, "stderr", wants(req, KRX_STREAM_STDERR) ? "1" : "0");
    krx_url_query(path, "follow", follow ? "1" : NULL);
    krx_url_query(path, "timestamps", timestamps ? "1" : NULL);
    if (tail != KRX_UNSET)
        krx_url_queryf(path, "tail", "%" PRId64, tail);
    if (since_ns != KRX_UNSET)
        krx_url_queryf(path, "since", "%" PRId64 ".%09" PRId64, since_ns / KRX_NS_PER_S,
                       since_ns % KRX_NS_PER_S);
}

int64_t krx_dk_position_resume(krx_dk_position *position)
{
    int64_t newest = 0, oldest = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        if (position->last_ns[i] > newest)
            newest = position->last_ns[i];
        if (position->last_ns[i] && position->last_ns[i] < oldest)
            oldest = position->last_ns[i];
    }
    if (!newest)
        return KRX_UNSET;
    for (int i = 0; i < 3; i++) {
        position->to_skip[i] = position->at_last[i];
        /* a stream without output so far: what is older than all we have was left out on purpose */
        if (!position->last_ns[i])
            position->last_ns[i] = newest;
    }
    return oldest > OVERLAP_NS ? oldest - OVERLAP_NS : 0;
}

bool krx_dk_position_accept(krx_dk_position *position, uint32_t stream, int64_t time_ns)
{
    uint32_t i = stream < 3 ? stream : 0;
    if (time_ns < position->last_ns[i])
        return false;
    if (time_ns == position->last_ns[i]) {
        if (position->to_skip[i] > 0) {
            position->to_skip[i]--;
            return false;
        }
        position->at_last[i]++;
        return true;
    }
    position->last_ns[i] = time_ns;
    position->at_last[i] = 1;
    position->to_skip[i] = 0;
    return true;
}
