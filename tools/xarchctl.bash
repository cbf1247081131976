# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of xarchctl(8)

# Options and verbs are those that --help lists, archs those of "archs".
_xarchctl_verbs()
{
	xarchctl --help 2>/dev/null | sed -n 's/^  \([a-z-]\+\)  .*/\1/p'
}

_xarchctl_options()
{
	xarchctl "$@" --help 2>/dev/null |
		sed -n 's/^  .*\(--[a-z]\+\).*/\1/p'
}

_xarchctl()
{
	local cur prev words cword verb='' i
	_init_completion -n = || return

	for ((i = 1; i < cword; i++)); do
		[[ ${words[i]} == -* ]] && continue
		[[ ${words[i - 1]} == --config ]] && continue
		verb=${words[i]}
		break
	done

	case $prev in
	--emulator | --config | --keyring | --into | --root | --data)
		_filedir
		return
		;;
	-t | --target)
		_pids
		return
		;;
	--container)
		mapfile -t COMPREPLY < <(compgen -W "$({
			podman ps --format '{{.Names}}'
			docker ps --format '{{.Names}}'
		} 2>/dev/null)" -- "$cur")
		return
		;;
	--suite)
		mapfile -t COMPREPLY < <(compgen -W 'bookworm trixie sid' -- "$cur")
		return
		;;
	--native)
		mapfile -t COMPREPLY < <(compgen -W "none $(xarchctl native list 2>/dev/null |
			awk 'NR > 1 { print $1 }')" -- "$cur")
		return
		;;
	--arg | --add | --count | --rule | --mirror | --name)
		return
		;;
	esac
	case $cur in
	--pid=* | --mount=* | --user=*)
		cur=${cur#*=}
		_filedir
		return
		;;
	-*)
		mapfile -t COMPREPLY < <(compgen -W \
			"$(_xarchctl_options ${verb:+"$verb"})" -- "$cur")
		return
		;;
	esac

	case $verb in
	'')
		mapfile -t COMPREPLY < <(compgen -W "$(_xarchctl_verbs)" -- "$cur")
		;;
	enable | deny | pass | disable | show | check | cdi)
		mapfile -t COMPREPLY < <(compgen -W \
			"all $(xarchctl archs 2>/dev/null | awk 'NR > 1 { print $1 }')" \
			-- "$cur")
		;;
	explain | save | restore)
		_filedir
		;;
	native)
		case ${words[i + 1]-} in
		build)
			mapfile -t COMPREPLY < <(compgen -W \
				"$(xarchctl archs 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$cur")
			;;
		show | verify | remove | load | unload)
			((cword == i + 1)) ||
				mapfile -t COMPREPLY < <(compgen -W "$(xarchctl native list 2>/dev/null |
					awk 'NR > 1 { print $1 }')" -- "$cur")
			;;&
		*)
			((cword > i + 1)) ||
				mapfile -t COMPREPLY < <(compgen -W 'build list show verify remove load unload attach report' -- "$cur")
			;;
		esac
		;;
	exec)
		_command_offset "$i"
		;;
	esac
} &&
	complete -F _xarchctl xarchctl
