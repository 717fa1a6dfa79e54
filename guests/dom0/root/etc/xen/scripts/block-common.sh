# What the scripts of disks have in common: the command, what it is about, and how it ends.
#
# In the environment: XENBUS_PATH, where the backend's nodes are. `params` says what stands behind TYPE: in the configuration.
command=$1

# What a node of the backend says; nothing, where there is none.
param() {
  xenstore-read "$XENBUS_PATH/$1" 2> /dev/null
}

# The disk cannot be connected: xend hears why.
fatal() {
  xenstore-write "$XENBUS_PATH/hotplug-error" "$*" "$XENBUS_PATH/hotplug-status" error
  exit 1
}

# It is this device of domain 0's.
write_dev() {
  xenstore-write "$XENBUS_PATH/physical-device-path" "$1"
}
