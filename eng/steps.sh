# shellcheck shell=bash
# How every script says what it does. Sourced, never run.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
[[ -n ${HOME:-} ]] || { HOME=$(getent passwd "$(id -u)" | cut -d: -f6); export HOME; }

fail() { printf '%s\n' "$*" >&2; exit 1; }

seconds() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'; }

# run COMMAND…: prints the command, runs it quietly, then says how long it took; its own words appear only where it fails.
run() {
  local started=$EPOCHREALTIME log code=0
  log=$(mktemp)
  printf '» %s' "$*"
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if ((code)); then
    printf ' … failed after %s s\n' "$(seconds "$started")"
    cat "$log" >&2
  else
    printf ' … %s s\n' "$(seconds "$started")"
  fi
  rm -f "$log"
  return "$code"
}
