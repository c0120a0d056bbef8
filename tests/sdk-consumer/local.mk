# SPDX-License-Identifier: Apache-2.0
TESTS += tests/sdk-consumer/consumer.sh
EXTRA_DIST += tests/sdk-consumer/consumer.sh
