/* SPDX-License-Identifier: Apache-2.0 */
/* Five fields as cron(5) has them: lists, ranges, steps, names. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/model/rules.h"

typedef struct cron_field {
    long low;
    long high;
    const char *names; /* three letters each, the first stands for `low` */
    const char *allowed;
} cron_field;

static const cron_field fields[5] = {
    {0, 59, "", "five fields; the first (minute) from 0 to 59, as in '*/5 * * * *'"},
    {0, 23, "", "five fields; the second (hour) from 0 to 23, as in '0 3 * * *'"},
    {1, 31, "", "five fields; the third (day of the month) from 1 to 31, as in '0 3 1 * *'"},
    {1, 12, "janfebmaraprmayjunjulaugsepoctnovdec",
     "five fields; the fourth (month) from 1 to 12 or jan to dec, as in '0 3 1 */3 *'"},
    {0, 7, "sunmontuewedthufrisat",
     "five fields; the fifth (weekday) from 0 to 7 or sun to sat, as in '0 3 * * mon-fri'"},
};

static bool number(const char **p, const cron_field *field, long *value)
{
    if (isdigit((unsigned char)**p)) {
        char *end;
        *value = strtol(*p, &end, 10);
        bool fine = end - *p <= 4;
        *p = end;
        return fine;
    }
    for (size_t i = 0; field->names[i]; i += 3)
        if (strncasecmp(*p, field->names + i, 3) == 0) {
            *value = field->low + (long)i / 3;
            *p += 3;
            return true;
        }
    return false;
}

static bool element(const char **p, const cron_field *field)
{
    long low = field->low, high = field->high, step = 1;
    if (**p == '*') {
        ++*p;
    } else {
        if (!number(p, field, &low))
            return false;
        high = low;
        if (**p == '-') {
            ++*p;
            if (!number(p, field, &high))
                return false;
        }
    }
    if (**p == '/') {
        ++*p;
        if (!isdigit((unsigned char)**p) || !number(p, field, &step))
            return false;
    }
    return low >= field->low && high <= field->high && low <= high && step >= 1 &&
           step <= field->high;
}

static bool list(const char **p, const cron_field *field)
{
    for (;;) {
        if (!element(p, field))
            return false;
        if (**p != ',')
            return !**p || isspace((unsigned char)**p);
        ++*p;
    }
}

const char *krx_rule_cron(const char *text)
{
    for (size_t i = 0; i < 5; i++) {
        text += strspn(text, " \t");
        if (!*text)
            return "five fields: minute hour day month weekday, such as '*/5 * * * *'";
        if (!list(&text, &fields[i]))
            return fields[i].allowed;
    }
    text += strspn(text, " \t");
    return *text ? "five fields and no more: minute hour day month weekday" : NULL;
}
