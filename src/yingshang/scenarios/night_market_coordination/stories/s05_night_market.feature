# language: zh-CN
功能: S05 十二家部门点亮“夜钱塘”(原文 L1299-1347)
  商业综合体总经理想办夜间美食街,构想在 2020 年初,研究了一年;涉及部门多、审批难,推进不动。
  区商务局牵头,多次开协调会,听取方案和诉求,之后多次走访,请知名夜经济示范街区的负责人分享。
  2022 年 6 月开街预热成功。十二家单位逐一列名(L1328-1333)。
  广场 2020 年 11 月 28 日开业,构想却在 2020 年初,原文如此(目录 K16)。提出诉求和各次会议的日期原文没有,为示例。

  场景: 一家牵头,十一家各办一件,全部办结才开街
    假如 现在是"2021-03-01 09:30"
    并且 企业"大江东宝龙广场"成立于"2020-11-28",在"street.yipeng"和"platform.jianghai"
    当 企业在"night_market_coordination"提出"project":"“夜钱塘”美食街落地",填表:
      | site  | 大江东宝龙广场                                 |
      | plan  | 在广场外街区打造“夜钱塘”夜间美食街             |
      | stuck | 涉及部门条线多、审批难,项目推进困难           |
    那么 系统建议由"dept.commerce"承办,并说明理由
    当 "dept.commerce"签收
    并且 "dept.commerce"联系企业:"约定听取规划设计方案和诉求"
    并且 "dept.commerce"完成"hear":
      """
      {"heard": "企业汇报规划设计方案及诉求",
       "departments": ["street.yipeng", "platform.jianghai", "platform.beauty", "dept.publicity", "dept.enforcement",
                       "dept.fire", "dept.approval", "dept.market", "dept.planning", "dept.police",
                       "dept.federation_culture"],
       "experts": "知名夜经济示范街区专业负责人"}
      """
    那么 "department"同时等着"11"个单位
    并且 连同牵头部门共"12"家单位参与
    当 "dept.commerce"召开协调会"夜钱塘美食街项目落地协调会(第一次)",日期"2021-04-15 14:00",议定"各部门按清单认领任务",责任单位"dept.commerce",期限"2021-05-15"
    并且 "dept.commerce"召开协调会"夜钱塘美食街项目落地协调会(第二次)",日期"2021-09-10 14:00",议定"消防、外摆、食品经营同步踏勘",责任单位"dept.commerce",期限"2021-10-15"
    并且 "dept.commerce"走访企业,日期"2021-11-03 10:00",记录"听取项目痛点难点"
    并且 "dept.commerce"走访企业,日期"2022-02-22 10:00",记录"核对各部门任务进展"
    并且 "dept.commerce"登记"night_market_coordination.expert_session":
      | held_on | 2022-03-18                       |
      | guest   | 知名夜经济示范街区专业负责人     |
      | topic   | 案例分享及赋能研讨               |
    并且 时间到了"2022-05-16 09:00"
    并且 以下单位完成"department":
      | unit                    | result                   |
      | street.yipeng           | 属地保障方案已定         |
      | platform.jianghai       | 街区配套已到位           |
      | platform.beauty         | 品牌活动已对接           |
      | dept.publicity          | 宣传方案已定             |
      | dept.enforcement        | 外摆和店招已核准         |
      | dept.fire               | 消防安全检查已通过       |
      | dept.approval           | 相关许可已办结           |
      | dept.market             | 食品经营已核查           |
      | dept.planning           | 用地和规划已确认         |
      | dept.police             | 治安和交通方案已定       |
    那么 "department"同时等着"1"个单位
    并且 "dept.commerce"还不能答复
    当 "dept.federation_culture"完成"department":"文艺演出已排定"
    并且 "dept.commerce"答复:"各部门任务全部办结,具备开街条件"
    并且 时间到了"2022-06-10 20:00"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 "11"个部门任务都在"2022-06-10"之前办结
    并且 这个项目开过"2"次协调会、走访"2"次
