# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what report.html says, in English and in Korean. A test keeps both complete."""

from __future__ import annotations

import typing as t

# key: (English, Korean). {names} are filled in by str.format.
WORDS: dict[str, tuple[str, str]] = {
    "language": ("English", "한국어"),
    "title_drill": ("Disaster recovery drill", "재해 복구 훈련"),
    "title_run": ("Disaster recovery run", "재해 복구 실행"),
    "passed": ("Passed", "통과"),
    "failed": ("Failed", "실패"),
    "done": ("Done", "완료"),
    "unended": ("Did not end", "끝나지 않음"),
    "refused": ("Refused, as it should be", "예상대로 거부됨"),
    "ok": ("ok", "정상"),
    "changed": ("changed", "변경됨"),
    "skipped": ("skipped", "건너뜀"),
    "unreachable": ("unreachable", "연결 불가"),
    "check_mode": ("check mode: nothing was changed", "점검 모드: 아무것도 변경하지 않음"),
    "began": ("Began", "시작"),
    "took": ("Took", "소요 시간"),
    "commit": ("Commit", "커밋"),
    "not_known": ("not known", "알 수 없음"),
    "not_measured": ("not measured", "측정하지 않음"),
    "none": ("none", "없음"),
    # What it comes to
    "lead_dr": (
        "Users of dr were served by the secondary {time} after the disaster.",
        "재해 발생 {time} 후 dr 사용자가 보조 사이트에서 서비스를 받았습니다.",
    ),
    "lead_back": (
        "Users of dr were served by the primary again, {time} after the disaster.",
        "재해 발생 {time} 후 dr 사용자가 다시 주 사이트에서 서비스를 받았습니다.",
    ),
    "lead_dr_never": (
        "Users of dr were not seen to be served again.",
        "dr 사용자의 서비스 재개가 확인되지 않았습니다.",
    ),
    "lead_www": (
        "Users of www saw the page that says where to go after {time}.",
        "www 사용자는 {time} 후 안내 페이지를 보았습니다.",
    ),
    "lead_stranded": (
        "{stranded} more are on the secondary only, where users do not see them.",
        "이와 별도로 {stranded}건은 보조 사이트에만 남아 있어 사용자에게 보이지 않습니다.",
    ),
    "lead_lost": (
        "Of {acknowledged} acknowledged writes, {lost} were lost.",
        "저장이 확인된 쓰기 {acknowledged}건 중 {lost}건이 유실되었습니다.",
    ),
    "lead_clean": ("Nothing was left behind in Azure.", "Azure에 남은 리소스가 없습니다."),
    "lead_left": ("{count} resources were left behind in Azure.", "Azure에 리소스 {count}개가 남았습니다."),
    "lead_run": (
        "{playbook} ran for {time}. What users saw meanwhile was not measured from outside.",
        "{playbook} 실행에 {time} 걸렸습니다. 그동안 사용자가 무엇을 보았는지는 외부에서 측정하지 않았습니다.",
    ),
    "lead_unended": (
        "{playbook} did not come to its end; its last line is {time} after its first one.",
        "{playbook} 실행이 끝까지 진행되지 않았습니다. 마지막 기록은 시작 {time} 후입니다.",
    ),
    "rto_of": ("Recovery time (RTO), {name}", "복구 시간(RTO), {name}"),
    "rto_note_dr": ("until a user read and wrote again", "사용자가 다시 읽고 쓸 수 있을 때까지"),
    "rto_note_www": ("until a user saw the page", "사용자가 안내 페이지를 볼 때까지"),
    "rto_note_other": ("until a user was served again", "사용자가 다시 서비스를 받을 때까지"),
    "rpo": ("Recovery point (RPO)", "복구 시점(RPO)"),
    "rpo_note": ("of writes before the disaster are gone", "재해 직전 이만큼의 쓰기가 유실됨"),
    "failback_outage": ("Outage on the way back, {name}", "페일백 중 서비스 중단, {name}"),
    "failback_outage_note": ("the longest time without an answer", "응답이 없던 가장 긴 시간"),
    "run_time": ("Time of the run", "실행 시간"),
    # Objectives
    "objectives": ("Objective and measured", "목표와 측정값"),
    "objective": ("Objective", "목표"),
    "measured": ("Measured", "측정값"),
    "result": ("Result", "결과"),
    "met": ("met", "달성"),
    "missed": ("missed", "미달"),
    "no_objective": ("not set", "설정하지 않음"),
    "rto_word": ("RTO, {name}", "RTO, {name}"),
    "rpo_word": ("RPO", "RPO"),
    "objectives_note": (
        "Measured by {by}, from outside of the runbooks.",
        "측정 도구: {by} (런북과 별도로 외부에서 측정).",
    ),
    "not_by_users": (
        "No user's view was measured in this run: RTO and RPO cannot be told from it.",
        "이 실행에서는 사용자 관점을 측정하지 않았으므로 RTO와 RPO를 알 수 없습니다.",
    ),
    # Timeline
    "timeline": ("Timeline", "타임라인"),
    "timeline_text": (
        "Above, the plays of each runbook; below, who answered the users of each domain.",
        "위는 각 런북의 단계, 아래는 각 도메인의 사용자에게 누가 응답했는지를 나타냅니다.",
    ),
    "timeline_zero": ("Minutes and seconds from the disaster.", "재해 발생 시점부터의 분과 초."),
    "timeline_zero_run": ("Minutes and seconds from the beginning.", "시작 시점부터의 분과 초."),
    "runbooks": ("runbooks", "런북"),
    "disaster": ("disaster", "재해 발생"),
    "failback_mark": ("way back", "페일백 시작"),
    "served_after": ("served after {time}", "{time} 후 재개"),
    "primary": ("primary", "주 사이트"),
    "secondary": ("secondary", "보조 사이트"),
    "page": ("page", "안내 페이지"),
    "nobody": ("no answer", "응답 없음"),
    "other": ("unknown", "알 수 없음"),
    "users_not_seen": (
        "What users saw was not recorded.",
        "사용자가 무엇을 보았는지는 기록되지 않았습니다.",
    ),
    "timeline_none": (
        "No play came to its end, and nobody watched as users do.",
        "끝난 단계가 없고, 사용자 관점의 기록도 없습니다.",
    ),
    "scrolls": ("The picture scrolls sideways.", "그림은 옆으로 스크롤할 수 있습니다."),
    # Taken apart
    "apart": ("Where the time went", "시간은 어디에 쓰였나"),
    "apart_text": (
        "The time of the failover, by what it was spent on.",
        "페일오버 시간을 용도별로 나누었습니다.",
    ),
    "phase": ("Part", "구간"),
    "seconds": ("Time", "시간"),
    "share": ("Share", "비율"),
    "sum": ("Sum", "합계"),
    "before": ("Before the runbook: from the disaster to its start", "런북 시작 전: 재해 발생부터 런북 시작까지"),
    "after": (
        "After the runbook: until a user of dr was served",
        "런북 종료 후: dr 사용자가 서비스를 받을 때까지",
    ),
    "decide": ("Decide: who is active, is there a backup", "판단: 활성 사이트와 백업 확인"),
    "provision": ("Azure builds the machine", "Azure가 가상 머신을 생성"),
    "install": ("Application server and release come to the machine", "애플리케이션 서버와 배포본 설치"),
    "restore": ("Dumps and restores", "덤프와 복원"),
    "start": (
        "The application starts, until it and its database answer",
        "애플리케이션이 시작되어 DB와 함께 응답할 때까지",
    ),
    "verify": ("Probes before and after the flip", "전환 전후 점검"),
    "flip": ("The flip: switch, latch, page", "전환: 스위치, 래치, 안내 페이지"),
    "propagate": ("Waits for health checkers and resolvers", "상태 확인과 DNS 전파 대기"),
    "overhead": ("Ansible's own, and looking around", "Ansible 자체 처리와 상태 확인"),
    "ours": (
        "{time} of the runbook's time is its own; machine, packages, data and DNS take the rest.",
        "런북 자체 처리 시간: {time}. 나머지는 가상 머신, 패키지, 데이터, DNS에 쓰였습니다.",
    ),
    # Data
    "data": ("Data", "데이터"),
    "rows": ("Rows", "행 수"),
    "table": ("Table", "테이블"),
    "at_backup": ("At the backup", "백업 시점"),
    "after_restore": ("After the restore", "복원 후"),
    "equal": ("equal", "일치"),
    "different": ("different", "불일치"),
    "rows_none": (
        "No backup was restored, so no rows were compared.",
        "복원한 백업이 없어 행 수를 비교하지 않았습니다.",
    ),
    "writes": ("Writes of users", "사용자의 쓰기"),
    "count": ("Count", "건수"),
    "acknowledged": ("Acknowledged", "저장 확인됨"),
    "refused_writes": ("Refused", "거부됨"),
    "unknown": ("Without an answer", "응답 없음"),
    "lost": ("Acknowledged, and lost", "저장 확인 후 유실"),
    "lost_set_aside": ("Of these, kept aside in a retired schema", "그중 보관된 스키마에 남아 있음"),
    "lost_by_secondary": ("Of these, acknowledged by the secondary", "그중 보조 사이트에서 저장 확인됨"),
    "stranded": ("On the secondary only", "보조 사이트에만 남음"),
    "on_both_sides": (
        "Taken by the primary while the secondary took some too",
        "보조 사이트와 동시에 주 사이트에 저장됨",
    ),
    "refused_by_primary": ("Refused by the closed primary", "차단된 주 사이트가 거부함"),
    "orphans": ("Data that the primary had and the backup lacked", "주 사이트에만 있고 백업에는 없던 데이터"),
    "orphans_text": (
        "{count} rows were exported before the primary was overwritten: {folder}",
        "주 사이트를 덮어쓰기 전에 {count}개 행을 내보냈습니다: {folder}",
    ),
    "inserted": ("Inserted", "추가"),
    "row_changed": ("Changed", "변경"),
    "deleted": ("Deleted", "삭제"),
    # Deviations
    "deviations": ("Deviations", "계획과 다른 점"),
    "deviations_none": ("None: everything went as it was meant to.", "없음: 모두 계획대로 진행되었습니다."),
    "faults": ("What went wrong", "잘못된 점"),
    "refusals": ("Refused, as it should be", "예상대로 거부된 것"),
    "without": ("Tried, and done without", "시도가 실패했지만 계속 진행한 것"),
    "gaps": ("Not measured", "측정하지 않은 것"),
    "verbatim": ("", "기록에 적힌 그대로(영어) 옮깁니다."),
    # Who
    "who": ("Who ran what", "누가 무엇을 실행했나"),
    "playbook": ("Runbook", "런북"),
    "operator": ("Operator", "실행한 사람"),
    "approved_by": ("Approved by", "승인한 사람"),
    "typed": ("Confirmed in writing", "입력한 확인 문구"),
    "typed_note": (
        "Runbooks that move users start only when their name is typed; an override needs a reason. Who approved is "
        "what the operator said in dr_approved_by.",
        "사용자를 옮기는 런북은 그 이름을 직접 입력해야 시작되고, 예외에는 이유가 필요합니다. "
        "승인한 사람은 실행한 사람이 dr_approved_by에 적은 그대로입니다.",
    ),
    "outcome": ("Outcome", "결과"),
    "who_none": ("No journal was found.", "저널을 찾지 못했습니다."),
    # Who was told
    "told": ("Who was told", "누구에게 알렸나"),
    "told_to": ("Place", "알린 곳"),
    "told_delivered": ("Delivered", "전달됨"),
    "told_missed": ("Not delivered", "전달되지 않음"),
    "told_note": (
        "No notice stops a runbook. Why one did not arrive is said under Deviations.",
        "알림이 실패해도 런북은 멈추지 않습니다. 전달되지 않은 이유는 '계획과 다른 점'에 있습니다.",
    ),
    "told_none": ("No notice to people is on record.", "사람들에게 보낸 알림의 기록이 없습니다."),
    "kind_slack": ("Slack", "슬랙"),
    "kind_teams": ("Teams", "팀즈"),
    "kind_webhook": ("webhook", "웹훅"),
    "kind_mail": ("mail", "메일"),
    "moment_started": ("begun", "시작"),
    "moment_go": ("go", "진행 가능"),
    "moment_no_go": ("no-go", "진행 불가"),
    "moment_flipped": ("users moved", "사용자 이동"),
    "moment_verified": ("users looked at", "사용자 화면 확인"),
    "moment_done": ("done", "완료"),
    "moment_failed": ("failed", "실패"),
    "moment_broken_off": ("broken off", "중단됨"),
    "moment_primary_gone": ("primary gone", "주 사이트 응답 없음"),
    "moment_primary_back": ("primary back", "주 사이트 다시 응답"),
    "moment_page_gone": ("page gone", "페이지 응답 없음"),
    "moment_page_back": ("page back", "페이지 다시 응답"),
    "moment_warming": ("warmed up by itself", "자동 준비"),
    "moment_approve": ("asked to decide", "결정 요청"),
    "moment_no_need": ("primary back, no need to move", "주 사이트 복구, 이동 불필요"),
    "moment_alarm": ("alarm of AWS", "AWS 경보"),
    "moment_trial": ("trial", "시험"),
    # Versions
    "versions": ("Versions", "버전"),
    "inventory": ("Inventory", "인벤토리"),
    # Clean-up
    "clean_up": ("Clean-up", "정리"),
    "left_behind": ("Left behind in Azure", "Azure에 남은 리소스"),
    "clean_unknown": ("Nobody looked for what was left behind.", "남은 리소스를 확인하지 않았습니다."),
    "virtual_machines": ("Virtual machines", "가상 머신"),
    "disks": ("Disks", "디스크"),
    "network_interfaces": ("Network interfaces", "네트워크 인터페이스"),
    "public_ips": ("Public IP addresses", "공인 IP 주소"),
    # Simulated
    "simulated": ("What was simulated", "모의로 대체한 것"),
    "simulated_text": (
        "No figure in this report stands for a cloud's own: the following was not real.",
        "이 보고서의 수치는 실제 클라우드의 수치가 아닙니다. 다음은 실제가 아니었습니다.",
    ),
    "simulated_none": ("Nothing is recorded as simulated.", "모의로 대체했다고 기록된 항목이 없습니다."),
    "simulated_not_told": (
        "This is a run of runbooks, not a drill: nothing in its journal says that anything was simulated.",
        "훈련이 아닌 런북 실행입니다. 저널에는 모의로 대체했다는 기록이 없습니다.",
    ),
    # Steps
    "steps": ("Every play", "모든 단계"),
    "play": ("Play", "단계"),
    "at": ("At", "시각"),
    # Footer
    "made_from": ("Made from", "근거 자료"),
    "made_from_text": (
        "This report was made from these files alone; their SHA-256 shows whether they are still the same.",
        "이 보고서는 아래 파일만으로 작성되었습니다. SHA-256으로 파일이 바뀌지 않았는지 확인할 수 있습니다.",
    ),
    "file": ("File", "파일"),
}


class Words:
    """What the report says in one language; `words.key`, or `words.say("key", name=value)`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._place = ("en", "ko").index(lang)

    def say(self, key: str, **values: t.Any) -> str:
        text = WORDS[key][self._place]
        return text.format(**values) if values else text

    def known(self, key: str) -> str:
        """The word for a key that comes from a file; the key itself where there is none."""
        return self.say(key) if key in WORDS else key

    def moment(self, name: str) -> str:
        """The word for a moment that people are told of."""
        key = f"moment_{name}"
        return self.say(key) if key in WORDS else name

    def span(self, seconds: float | None) -> str:
        """15.2 s, 2 min 1 s, 1 h 5 min"""
        if seconds is None:
            return self.say("not_measured")
        hour, minute, second = ("시간", "분", "초") if self.lang == "ko" else (" h", " min", " s")
        if seconds < 59.95:
            return f"{seconds:.1f}{second}"
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return f"{minutes}{minute} {rest}{second}"
        return f"{minutes // 60}{hour} {minutes % 60}{minute}"

    def number(self, value: int | None) -> str:
        return self.say("not_measured") if value is None else f"{value:,}"
