# What the scripts of cards have in common: the command, what it is about, and how it ends.
#
# In the environment: vif, the interface's name; XENBUS_PATH, where the backend's nodes are. Settings may stand behind the command.
command=$1
shift
for setting in "$@"; do export "$setting"; done
dev=$vif

# What a node of the backend says; nothing, where there is none.
param() {
  xenstore-read "$XENBUS_PATH/$1" 2> /dev/null
}

# The card cannot be connected: xend hears why.
fatal() {
  xenstore-write "$XENBUS_PATH/hotplug-error" "$*" "$XENBUS_PATH/hotplug-status" error
  exit 1
}

# It is connected.
success() {
  xenstore-write "$XENBUS_PATH/hotplug-status" connected
}

# The interface has the name that the configuration wants.
rename() {
  name=$(param vifname)
  if [ -z "$name" ] || [ "$name" = "$dev" ]; then return 0; fi
  ip link set "$dev" name "$name" || fatal "$dev cannot be called $name"
  dev=$name
}

# The address of domain 0, as which it routes.
address_of_host() {
  set -- $(ifconfig "${netdev:-xenbr0}" | grep 'inet ')
  echo "$2"
}
