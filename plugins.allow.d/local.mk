# SPDX-License-Identifier: Apache-2.0
# Templates of the modules that are built; they allow nothing by themselves.
dist_vendorallow_DATA += plugins.allow.d/README.md
if BUILD_DOCKER
dist_vendorallow_DATA += plugins.allow.d/docker.yaml
endif
if BUILD_KUBERNETES
dist_vendorallow_DATA += plugins.allow.d/kubernetes.yaml
endif
if BUILD_OCI
dist_vendorallow_DATA += plugins.allow.d/oci.yaml
endif
