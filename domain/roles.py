"""Who may do what (catalogue II-3): each role with its permissions, each permission in words.

Which command needs which permission stands at the command; docs/permissions.md shows all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """`rule`: the catalogue rule that refuses whoever has it not."""

    says: str
    rule: str | None = None


@dataclass(frozen=True)
class Role:
    """`rules`: where the catalogue speaks of it."""

    chinese: str
    permissions: frozenset[str]
    rules: str = ""


PERMISSIONS: Mapping[str, Permission] = {
    "read": Permission("read all that is on record"),
    "ticket.handle": Permission("open tickets, work on them, hand them over, end them", "AU-08"),
    "ticket.supervise": Permission("demand an answer of who owns a ticket", "SC-04"),
    "ticket.remind": Permission("remind who owns a ticket", "CH-45"),
    "ticket.import": Permission("take over what was recorded elsewhere"),
    "client.handle": Permission("keep the files of clients", "AU-08"),
    "client.grade": Permission("approve, or refuse, a client's class", "TR-05"),
    "client.broadcast": Permission("enter something on the files of many clients", "CC-03"),
    "client.merge": Permission("join two files of one client, and part them"),
    "client.blacklist": Permission(
        "propose clients for the blacklist, decide on it, and take them off", "BL-01"
    ),
    "client.assign": Permission("give clients to managers, and decide on duplicates", "OW-11"),
    "client.request-erasure": Permission("ask that a client be forgotten, or take that back"),
    "client.approve-erasure": Permission("approve that a client be forgotten"),
    "client.hold": Permission("place legal holds on clients, and lift them"),
    "client.erase": Permission("destroy the key of a client who is to be forgotten"),
    "staff.manage": Permission("register staff, give posts, roles, deputies and tokens"),
    "staff.duty": Permission("go on duty, and off", "AU-08"),
    "volunteer.manage": Permission("keep the list of volunteers and their teams", "VS-12"),
    "pack.draft": Permission("draft a version of a policy", "GV-01"),
    "pack.approve": Permission("approve what somebody else drafted", "GV-01"),
    "pack.publish": Permission("bring a policy into force, abolish it, switch it off", "GV-01"),
    "obligation.approve": Permission("grant more time that was asked for, and waive it"),
    "obligation.clock": Permission("put on record what is due soon, missed or supervised"),
    "instance.manage": Permission("ask to let instances append, or no longer", "AU-02"),
    "instance.approve": Permission("approve what was asked of an instance", "AU-02"),
    "ledger.read": Permission("see the entries of everybody in the ledger, not only one's own"),
    "ledger.propose": Permission("propose entries, and put misconduct on record", "PN-01"),
    "ledger.decide": Permission("decide on what somebody else proposed or recorded", "PN-01"),
    "ledger.confirm": Permission("confirm what is to be paid", "RW-10"),
    "ledger.execute": Permission("put on record what was paid, handed in or carried out", "PN-22"),
    "ledger.appeal": Permission("appeal against an entry of one's own", "PN-01"),
    "assessment.read": Permission("see assessments of everybody but of oneself, published or not"),
    "assessment.manage": Permission("open assessments, draw samples, end them, deliver copies"),
    "assessment.rate": Permission("rate oneself, and whom a scheme lets one rate"),
    "assessment.publish": Permission("publish results and rankings, and carry them out", "SA-03"),
    "assessment.appeal": Permission("appeal against the result of one's own assessment", "SA-03"),
    "assessment.decide": Permission("decide on appeals against assessments", "SA-03"),
    "staff.level": Permission("assign levels to staff", "AM-05"),
    "staff.commend": Permission("commend staff", "AM-23"),
    "evidence.export": Permission("take evidence out of the house", "AU-02"),
    "evidence.grant": Permission("open a confidential attachment to somebody", "PR-04"),
    "client.export": Permission("ask for a list of clients, and take it once approved", "PR-01"),
    "client.approve-export": Permission("approve that somebody else takes it", "PR-01"),
    "access.read": Permission("see who looked at what, and for which purpose", "PR-01"),
}

_LOOKS_ON = frozenset({"read"})
_SERVES = _LOOKS_ON | {
    "ticket.handle",
    "client.handle",
    "staff.duty",
    "ledger.propose",
    "ledger.appeal",
    "assessment.rate",
    "assessment.appeal",
}
_DECIDES = _SERVES | {"ledger.read", "ledger.decide"}
_PAYS = _SERVES | {"ledger.read", "ledger.confirm", "ledger.execute"}
_ASSESSES = frozenset({"assessment.read", "assessment.manage", "staff.commend"})
_PUBLISHES = _ASSESSES | {"assessment.publish", "assessment.decide", "staff.level"}
_LEADS = _DECIDES | {
    "evidence.grant",
    "client.export",
    "client.approve-export",
    "ticket.remind",
    "client.grade",
    "client.broadcast",
    "client.merge",
    "client.blacklist",
    "client.assign",
    "client.request-erasure",
    "client.approve-erasure",
    "client.hold",
    "obligation.approve",
}
_KEEPS_CLIENTS = _SERVES | {"client.grade", "client.broadcast"}

ROLES_OF_CATALOGUE: Mapping[str, Role] = {
    "administrator": Role(
        "系统管理员",
        _SERVES
        | {"staff.manage", "client.hold", "ticket.import", "pack.draft", "pack.publish"}
        | {"volunteer.manage"},
    ),
    "policy_drafter": Role("制度起草人", _LOOKS_ON | {"pack.draft"}, "GV-01"),
    "policy_approver": Role("制度审批人", _LOOKS_ON | {"pack.approve", "pack.publish"}, "GV-01"),
    "supervisor": Role(
        "监督办公室(纪委监察)",
        _LOOKS_ON
        | {"ticket.supervise", "ticket.remind", "access.read", "ledger.read", "assessment.read"},
        "SC-04, AU-08",
    ),
    "compliance_reviewer": Role(
        "查验人",
        _LOOKS_ON | {"evidence.export", "access.read", "ledger.read", "assessment.read"},
        "AU-01/06",
    ),
    "viewer": Role("查看人", _LOOKS_ON, "PR-02"),
    "staff": Role("全体员工", _SERVES, "FR-04, CH-01"),
    "cs_officer": Role(
        "客服人员/客服专员",
        _SERVES | {"client.merge", "client.request-erasure", "client.export"},
        "CB-02",
    ),
    "cs_supervisor": Role("客服主任/客服主管", _LEADS | _ASSESSES, "CH-12, SQ-04"),
    "director": Role(
        "主任",
        _LEADS
        | _PUBLISHES
        | {"ticket.supervise", "pack.approve", "pack.publish", "instance.approve"},
        "CH-06/09",
    ),
    "department_head": Role("部门负责人", _DECIDES | _ASSESSES, "CH-06/09"),
    "general_manager": Role(
        "总经理",
        _DECIDES | _PUBLISHES | _KEEPS_CLIENTS | {"instance.approve"},
        "VR-17, RV-02, GV-01",
    ),
    "vice_gm": Role("副总", _DECIDES | _KEEPS_CLIENTS, "VR-17, RV-02, GV-01"),
    "chairman": Role("董事长", _DECIDES, "VR-17, RV-02, GV-01"),
    "branch_gm": Role("分公司总经理", _DECIDES | _KEEPS_CLIENTS, "VR-17, RV-02, GV-01"),
    "president": Role("总裁", _DECIDES, "VR-17, RV-02, GV-01"),
    "management_representative": Role("管理者代表", _SERVES, "CH-33, KA-10"),
    "system_head": Role("系统负责人", _SERVES, "CH-11"),
    "after_sales": Role("售后服务部", _SERVES, "CH-20/24"),
    "business": Role("业务部", _SERVES, "CH-21/33"),
    "sales": Role("销售部", _SERVES, "CH-21/33"),
    "qc": Role("品控中心", _SERVES, "CH-22/23"),
    "technology": Role("技术部", _SERVES, "CH-22/23"),
    "production": Role("生产部", _SERVES, "CH-22/23"),
    "warehouse": Role("仓库", _SERVES, "CH-10, RT-09"),
    "logistics_supervisor": Role("仓储物流主任", _SERVES, "CH-10, RT-09"),
    "finance": Role("财务", _PAYS, "CU-08, CU-09, SE-12, RW-10"),
    "cashier": Role("收银员", _SERVES, "CU-08, CU-09, SE-12, RW-10"),
    "property": Role("物业部", _SERVES, "CH-35"),
    "property_officer": Role("物管员", _SERVES, "CH-35"),
    "front_desk": Role("前台接待", _SERVES, "FD-01"),
    "receptionist": Role("会议接待员", _SERVES, "MT-*"),
    "attendant": Role("会议服务员", _SERVES, "MT-*"),
    "meeting_lead": Role("会议领班/负责人", _SERVES, "MT-*"),
    "escort": Role("跟单", _SERVES, "FO-*"),
    "sales_leader": Role("销售组长", _DECIDES, "FO-*"),
    "area_owner": Role("区域负责人", _SERVES, "FO-*"),
    "tally_leader": Role("理货组长", _SERVES, "FO-*"),
    "sales_assistant": Role("销售助理", _SERVES, "OR-12, OW-07, VR-14"),
    "coordinator_assistant": Role("协调助理", _SERVES, "OR-12, OW-07, VR-14"),
    "sales_manager": Role("销售经理", _DECIDES | _ASSESSES | _KEEPS_CLIENTS, "RQ-03, MG-11"),
    "business_manager": Role("业务经理", _DECIDES | _KEEPS_CLIENTS, "RQ-03, MG-11"),
    "account_manager": Role("客户经理(高级/一级/二级/见习)", _SERVES, "AM-05/06"),
    "key_account_manager": Role("大客户经理", _KEEPS_CLIENTS, "KA-*"),
    "key_account_officer": Role("大客户专员", _SERVES, "KA-*"),
    "service_engineer": Role("客服工程师", _SERVES, "AS-*"),
    "installer": Role("安装人员", _SERVES, "AS-*"),
    "project_manager": Role("项目经理", _SERVES, "AS-*"),
    "local_centre": Role("本地服务中心", _SERVES, "AS-*"),
    "archivist": Role("档案员", _SERVES, "AR-*"),
    "leader_in_charge": Role("分管领导", _DECIDES, "AR-*"),
    "administration": Role("行政部", _SERVES, "VR-06/08"),
    "ops_centre": Role("运营管理中心", _SERVES, "VR-06/08"),
    "general_office": Role("综合办公室", _SERVES, "VR-06/08"),
    "group_office": Role("集团办公室", _SERVES, "MT-15/16"),
    "engineering": Role("工程部", _SERVES, "RP-08, IC-04"),
    "security": Role("安保部", _SERVES, "RP-08, IC-04"),
    "housekeeping": Role("客房部", _SERVES, "RP-08, IC-04"),
    "duty_manager": Role("值班经理", _SERVES, "CU-03, AT-05, IN-04"),
    "duty_clerk": Role("值班员", _SERVES, "CU-03, AT-05, IN-04"),
    "cleaning_supervisor": Role("保洁主管", _SERVES, "CU-03, AT-05, IN-04"),
    "floor_warden": Role("轮值楼层长", _SERVES, "VS-16, PN-27"),
    "safety_committee": Role("安委会", _DECIDES, "PN-27"),
    "hr": Role(
        "人力资源",
        (_PAYS - {"ledger.confirm"}) | _ASSESSES | {"assessment.publish", "staff.level"},
        "SR-17, AT-03, PN-23",
    ),
    "trainer": Role("培训主管", _SERVES, "TN-*, RT-14"),
    "assessor": Role("考核部门", _SERVES | _ASSESSES | {"assessment.publish"}, "AM-13/14"),
    "selection_panel": Role("评选小组", _SERVES | _ASSESSES, "AM-13/14"),
    "volunteer": Role("志愿者", _SERVES, "VS-*"),
    "team_leader": Role("志愿者队长", _SERVES, "VS-*"),
    "volunteer_centre": Role(
        "志愿服务中心/党支部、工会", _SERVES | _ASSESSES | {"volunteer.manage"}, "VS-*"
    ),
    "liaison": Role("包联部门", _SERVES, "PJ-02"),
    "industry_unit": Role("产业事业部", _SERVES, "PJ-04"),
    "service_administration": Role("政务服务管理部门", _SERVES, "GC-01"),
    "business_department": Role("业务主管部门", _SERVES, "GC-01"),
}
"""What a post may carry, or somebody be given besides. Source: catalogue II-3 (`staff` is its
any_staff, `supervisor` its supervisor_office, `cs_officer` its agent); administrator, viewer and
the two of policies are ours. First contact, owner and handler one is on a ticket, and clients are
no staff.
"""

ROLES = frozenset(ROLES_OF_CATALOGUE)

HOLDERS: Mapping[str, frozenset[str]] = {
    permission: frozenset(n for n, r in ROLES_OF_CATALOGUE.items() if permission in r.permissions)
    for permission in PERMISSIONS
}
"""The roles that have each permission."""

DIRECTING = frozenset(
    {
        *("sales_leader", "team_leader", "tally_leader", "meeting_lead"),
        *("cs_supervisor", "logistics_supervisor", "cleaning_supervisor"),
        *("department_head", "sales_manager", "business_manager", "project_manager"),
        *("duty_manager", "director", "vice_gm", "general_manager", "branch_gm"),
    }
)
"""Who arranges the work of others: leader, supervisor, manager, director, and so on (SR-05)."""

INDEPENDENT = frozenset({"supervisor", "compliance_reviewer"})
"""Who looks on, and therefore handles nothing (AU-08)."""

CONFINED = frozenset({"volunteer"})
"""Who has no other role sees the cases that they are dispatched to, while they are open (PR-07)."""
