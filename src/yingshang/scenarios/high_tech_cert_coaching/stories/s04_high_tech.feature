# language: zh-CN
功能: S04 几步辅导,评上国家高新技术企业(原文 L1258-1287)
  2006 年入驻的中日合资家电企业。区科技局制定并发放资料;2021 年 4 月 22 日在下沙大创小镇国际创博中心专场培训;
  企业自己整理初稿;2022 年 6 月 10 日在大江东产业集聚区智慧谷会议中心接受技术、财务专家点评;2022 年底获评。
  两个会的日期和地点照原文,其余日期和文字为示例。

  场景: 资料、培训、初稿、点评、申报、获评
    假如 现在是"2021-04-12 09:00"
    并且 企业"杭州松下家用电器有限公司"成立于"2006-01-01",在"street.xiasha"
    当 企业在"high_tech_cert_coaching"提出"coach":"想申报国家高新技术企业",填表:
      | product | 家用电器                   |
      | year    | 2022                       |
      | worry   | 流程复杂、材料多           |
    那么 系统建议由"dept.economy"承办,并说明理由
    当 "dept.economy"签收
    并且 "dept.economy"联系企业:"约定先发资料,再参加专场培训"
    并且 "dept.economy"完成"guide":
      """
      {"sent_on": "2021-04-13", "documents": "《国家重点支持的高新技术企业认定》资料"}
      """
    并且 时间到了"2021-04-22 17:00"
    并且 "dept.economy"完成"training":
      """
      {"held_on": "2021-04-22", "place": "下沙大创小镇国际创博中心", "topics": ["所需材料", "财务资料审核要点", "评分标准"], "attended": "企业申报人员"}
      """
    并且 时间到了"2022-05-20 10:00"
    并且 "dept.economy"完成"draft":
      """
      {"received_on": "2022-05-20", "papers": "企业初步整理的全部申请材料"}
      """
    并且 时间到了"2022-06-10 16:00"
    并且 "dept.economy"完成"experts":
      """
      {"session_on": "2022-06-10", "session_place": "大江东产业集聚区智慧谷会议中心", "technical": "技术专家点评(示例)", "financial": "财务专家点评(示例)", "ready": "可以申报"}
      """
    并且 时间到了"2022-07-01 10:00"
    并且 "dept.economy"完成"file":
      """
      {"filed_on": "2022-07-01", "filing_number": "示例-0001"}
      """
    并且 时间到了"2022-12-26 10:00"
    并且 "dept.economy"完成"result":
      """
      {"recognised": "获评", "recognised_on": "2022-12-24", "certificate": "示例证书"}
      """
    并且 "dept.economy"答复:"恭喜获评国家高新技术企业"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 参与的单位正是"dept.economy"
    当 按"2022-01-01"到"2023-01-01"计算"high_tech_cert_coaching"的指标
    那么 指标与刊出的数一致:
      | 指标       | 刊出的数 |
      | recognised | 1        |

  场景: 专家说还要改的,回到初稿
    假如 现在是"2022-05-09 09:00"
    并且 企业"示例精密部件有限公司"成立于"2015-03-01",在"street.baiyang"
    当 企业在"high_tech_cert_coaching"提出"coach":"想申报国家高新技术企业",填表:
      | product | 精密部件   |
      | year    | 2022       |
      | worry   | 财务资料   |
    并且 "dept.economy"签收
    并且 "dept.economy"联系企业:"已联系"
    并且 "dept.economy"完成"guide":
      """
      {"sent_on": "2022-05-09", "documents": "申报资料"}
      """
    并且 "dept.economy"完成"training":
      """
      {"held_on": "2022-05-09", "place": "示例会场", "topics": ["评分标准"], "attended": "财务负责人"}
      """
    并且 "dept.economy"完成"draft":
      """
      {"received_on": "2022-05-09", "papers": "初稿"}
      """
    并且 "dept.economy"完成"experts":
      """
      {"session_on": "2022-05-09", "session_place": "示例会场", "technical": "补充技术路线", "financial": "研发费用归集有误", "ready": "再改一稿"}
      """
    那么 同时等着"dept.economy"
    并且 "file"还没有开始
