# bash completion for residue(1). Options and commands come from the program's
# own --help, processes from its list, so that nothing here can be out of date.

_residue()
{
	local program=$1 cur=${COMP_WORDS[COMP_CWORD]} words=
	local prev=${COMP_WORDS[COMP_CWORD - 1]}

	# bash makes "--theme=mono" three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
	--theme)
		words="default midnight deuteranopia mono" ;;
	--color)
		words="auto always never" ;;
	--read)
		words="agentless expvar metrics pprof" ;;
	--sort)
		words="pid user comm go module endpoint read heap rss residue heap_released" ;;
	-H | --endpoint)
		return ;;
	--sample_index)
		words="inuse_space inuse_objects alloc_space alloc_objects" ;;
	--cacert | --cert | --key | --config | -C | --script)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--proc | --output | -o)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	run)
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		return ;;
	esac
	if [[ -z $words && $cur == -* ]]; then
		words=$("$program" --help 2>/dev/null |
			sed -nE 's/^  (-.,|   ) (--[a-z_-]+=?).*/\2/p')
	elif [[ -z $words ]]; then
		words=$("$program" list 2>/dev/null |
			awk '$1 ~ /^[0-9]+$/ { print $1 }')
		if ((COMP_CWORD == 1)); then
			words+=" $("$program" --help 2>/dev/null | sed -nE \
				'/^Commands:/,/^$/s/^  ([a-z]+)( .*)?$/\1/p')"
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}

complete -o default -F _residue residue
